"""The smaller commands: explain, clean."""

from __future__ import annotations

import subprocess
import sys

import pytest
from asking import call

from mockserver import MockGateway
from mockserver.contract import behaviours


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as a process."""
    command = [sys.executable, "-m", "mockserver", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_behaviour_is_explained() -> None:
    """Requirement, versions, source, test, published spec, deviations, and a recorded example."""
    done = run("explain", "id-characters")
    assert done.returncode == 0
    for expected in (
        "requirement  An id with characters other",
        "from 5.13.0; of the supported versions: 5.13, 5.14",
        "contract_tests/gateway/test_add_policy.py::test_an_id_of_odd_characters_is_refused",
        "deviation    P12a",
        "example      gateway 5.14.0, policies/id-strings step 0",
        "-> 400 {",
    ):
        assert expected in done.stdout


def test_every_behaviour_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """Each that is tested names its tests."""
    from argparse import Namespace

    from mockserver.cli import explain

    for row in behaviours.load().values():
        assert explain.run(Namespace(id=row.id)) == 0
        assert ("  test  " in capsys.readouterr().out) is (row.level != "setup"), row.id


def test_an_unknown_behaviour_is_told_with_the_nearest() -> None:
    """In one line, with exit code 2."""
    done = run("explain", "id-requird")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "the nearest is 'id-required'" in done.stderr


def test_leftovers_are_removed_and_nothing_else() -> None:
    """What bears the prefix goes, loaded or only written; the rest stays."""
    with MockGateway(secret="s") as gateway:
        ids = ["tyk-contract-0-1", "7c0a57ac0000000000000000", "mine", "my-tyk-contract-0"]
        gateway.policies.seed(*({"id": each} for each in ids))
        gateway.gateway.store.write(gateway.gateway.codec.decode(b'{"id":"tyk-contract-only-written"}'))
        done = run("clean", gateway.url, "--secret", "s")
        assert (done.returncode, done.stdout) == (0, "3 leftovers of earlier runs removed: policy 3\n")
        assert sorted(gateway.policies) == sorted(gateway.policies.written) == ["mine", "my-tyk-contract-0"]
        assert run("clean", gateway.url, "--secret", "wrong").returncode == 2
    done = run("clean", gateway.url, "--secret", "s")
    assert (done.returncode, done.stdout, "cannot be cleaned" in done.stderr) == (3, "", True)


def test_leftovers_of_all_kinds_are_removed() -> None:
    """APIs, their clients, keys whoever named them, and organisations; and none of others."""
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
        done = run("clean", gateway.url, "--secret", "s")
        told = "5 leftovers of earlier runs removed: API 1, client 1, key 2, organisation 1\n"
        assert (done.returncode, done.stdout) == (0, told)
        assert [api["api_id"] for api in call(gateway, "GET", "/tyk/apis")[1]] == ["tyk-contract-of-mine"]
        assert len(call(gateway, "GET", "/tyk/keys")[1]["keys"]) == 2
        assert call(gateway, "GET", "/tyk/org/keys")[1] == {"keys": ["tyk-contract-of-mine"]}
        assert len(call(gateway, "GET", "/tyk/oauth/clients/tyk-contract-of-mine")[1]) == 1


def test_a_run_offers_to_remove_leftovers() -> None:
    """With the command that does."""
    with MockGateway(secret="s") as gateway:
        gateway.policies.seed({"id": "tyk-contract-0-1"})
        done = run("verify", gateway.url, "--secret", "s", "--read-only")
    assert "1 policies of an earlier run are there; remove them: tyk-contract clean http://" in done.stderr
