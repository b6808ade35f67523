"""The commands `explain` and `clean`."""

from __future__ import annotations

from argparse import Namespace

import pytest
from asking import call
from serving import error_line, run_command

from mockserver import MockGateway
from mockserver.cli import explain
from mockserver.contract import behaviours


def test_a_behaviour_is_explained() -> None:
    """`explain` prints requirement, versions, test, deviations and a recorded example of a behaviour."""
    process = run_command("explain", "id-characters")
    assert process.returncode == 0, process.stderr
    assert "requirement  An id with characters other than" in process.stdout
    assert "from 5.13.0; of the supported versions: 5.13, 5.14" in process.stdout
    test = "contract_tests/gateway/test_add_policy.py::test_an_id_of_odd_characters_is_refused"
    assert test in process.stdout
    assert "deviation    P12a" in process.stdout
    assert "example      gateway 5.14.0, policies/id-strings step 0" in process.stdout
    assert "-> 400 {" in process.stdout


@pytest.mark.parametrize("behaviour_id", behaviours.load())
def test_every_behaviour_can_be_explained(behaviour_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`explain` names the tests of every behaviour but those of level setup, which recordings hold."""
    assert explain.run(Namespace(id=behaviour_id)) == 0
    names_tests = "  test  " in capsys.readouterr().out
    assert names_tests is (behaviours.load()[behaviour_id].level != "setup")


def test_an_unknown_behaviour_is_an_error() -> None:
    """`explain` refuses an unknown id, and names the most similar one."""
    assert "the nearest is 'id-required'" in error_line(run_command("explain", "id-requird"))


def test_leftover_policies_are_removed() -> None:
    """`clean` removes the policies with the suite's prefix, loaded or only written, and no others."""
    with MockGateway(secret="s") as gateway:
        ids = ["tyk-contract-0-1", "7c0a57ac0000000000000000", "mine", "my-tyk-contract-0"]
        gateway.policies.seed(*({"id": policy_id} for policy_id in ids))
        gateway.gateway.store.write(gateway.gateway.codec.decode(b'{"id":"tyk-contract-only-written"}'))
        process = run_command("clean", gateway.url, "--secret", "s")
        assert process.returncode == 0, process.stderr
        assert process.stdout == "3 leftovers of earlier runs removed: policy 3\n"
        assert sorted(gateway.policies) == sorted(gateway.policies.written) == ["mine", "my-tyk-contract-0"]


def test_clean_with_a_wrong_secret_is_an_error() -> None:
    """`clean` ends with exit code 2 if the gateway refuses its secret."""
    with MockGateway(secret="s") as gateway:
        process = run_command("clean", gateway.url, "--secret", "wrong")
    assert process.returncode == 2, process.stdout + process.stderr


def test_clean_without_a_gateway_is_an_error() -> None:
    """`clean` ends with exit code 3 if no gateway answers at the URL."""
    with MockGateway(secret="s") as gateway:
        url = gateway.url
    process = run_command("clean", url, "--secret", "s")
    assert process.returncode == 3, process.stderr
    assert process.stdout == ""
    assert "cannot be cleaned" in process.stderr


def test_leftovers_of_all_kinds_are_removed() -> None:
    """`clean` removes APIs, clients, keys and organisations of earlier runs, and none of other users."""
    with MockGateway(secret="s") as gateway:
        for name in ("tyk-contract-0123abcd-1", "tyk-contract-of-mine"):
            org_id = name.rpartition("1")[0] or "mine"
            api = {
                "api_id": name,
                "org_id": org_id,
                "proxy": {"listen_path": f"/{name}/"},
                "use_oauth2": True,
            }
            session = {"org_id": org_id, "access_rights": {name: {"api_id": name}}}
            client = {"api_id": name, "client_id": f"app-of-{name}"}
            assert call(gateway, "POST", "/tyk/apis", api)[0] == 200
            gateway.reload()
            assert call(gateway, "POST", f"/tyk/keys/{name}", session)[0] == 200
            assert call(gateway, "POST", "/tyk/keys/create", session)[0] == 200
            assert call(gateway, "POST", f"/tyk/org/keys/{name}", {})[0] == 200
            assert call(gateway, "POST", "/tyk/oauth/clients/create", client)[0] == 200
        process = run_command("clean", gateway.url, "--secret", "s")
        assert process.returncode == 0, process.stderr
        removed = "API 1, client 1, key 2, organisation 1"
        assert process.stdout == f"5 leftovers of earlier runs removed: {removed}\n"
        assert [api["api_id"] for api in call(gateway, "GET", "/tyk/apis")[1]] == ["tyk-contract-of-mine"]
        assert len(call(gateway, "GET", "/tyk/keys")[1]["keys"]) == 2
        assert call(gateway, "GET", "/tyk/org/keys")[1] == {"keys": ["tyk-contract-of-mine"]}
        assert len(call(gateway, "GET", "/tyk/oauth/clients/tyk-contract-of-mine")[1]) == 1


def test_a_run_offers_to_remove_leftovers() -> None:
    """`verify` finds policies of an earlier run, and prints the command that removes them."""
    with MockGateway(secret="s") as gateway:
        gateway.policies.seed({"id": "tyk-contract-0-1"})
        process = run_command("verify", gateway.url, "--secret", "s", "--read-only")
    advice = (
        "policies of an earlier run are left on the gateway: 1; remove them with `tyk-contract clean http://"
    )
    assert advice in process.stderr
