"""The commands `explain` and `clean`."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Self

import pytest
from asking import call
from serving import error_line, run_command

from contract_tests.engine.leftovers import ROUNDS
from mockserver import MockGateway
from mockserver.cli import clean, explain
from mockserver.contract import behaviours
from mockserver.http.client import Answer
from mockserver.http.connection_settings import ConnectionSettings


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


@pytest.mark.slow
@pytest.mark.parametrize("behaviour_id", behaviours.load())
def test_every_behaviour_can_be_explained(behaviour_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`explain` names the tests of every behaviour but those that recordings alone hold."""
    assert explain.run(Namespace(id=behaviour_id, service="gateway")) == 0
    names_tests = "  test  " in capsys.readouterr().out
    assert names_tests is behaviours.load()[behaviour_id].has_test


def test_an_unknown_behaviour_is_an_error() -> None:
    """`explain` refuses an unknown id, and names the most similar one."""
    assert "the nearest is 'id-required'" in error_line(run_command("explain", "id-requird"))


RUN = "tyk-contract-0123abcd-"  # of an earlier run
OBJECT_ID = "7c0a57ac0123abcd0001cec6"  # that it made


def test_leftover_policies_are_removed() -> None:
    """`clean` removes the policies that a run named, loaded or only written, and no others."""
    with MockGateway(secret="s") as gateway:
        others = ["mine", "my-tyk-contract-0", "tyk-contract-team-gold", "7c0a57acdeadbeefdeadbeef"]
        gateway.policies.seed(*({"id": policy_id} for policy_id in (f"{RUN}1", OBJECT_ID, *others)))
        gateway.gateway.store.write(gateway.gateway.codec.decode(b'{"id":"%s2"}' % RUN.encode()))
        process = run_command("clean", gateway.url, "--secret", "s", "--yes")
        assert process.returncode == 0, process.stderr
        listed, removed = process.stdout.splitlines()[:3], process.stdout.splitlines()[3:]
        assert sorted(listed) == [f"policy {OBJECT_ID}", f"policy {RUN}1", f"policy {RUN}2"]
        assert removed == ["3 left by earlier runs: policy 3", "removed: 3 of 3"]
        assert sorted(gateway.policies) == sorted(gateway.policies.written) == sorted(others)


def test_clean_without_a_terminal_removes_nothing() -> None:
    """`clean` without a terminal to ask on and without --yes lists what it found, and ends with 2."""
    with MockGateway(secret="s") as gateway:
        gateway.policies.seed({"id": f"{RUN}1"})
        process = run_command("clean", gateway.url, "--secret", "s", stdin="y\n")
        assert process.returncode == 2
        assert process.stdout == f"policy {RUN}1\n1 left by earlier runs: policy 1\n"
        assert "nothing was removed; remove all of it with --yes" in process.stderr
        assert list(gateway.policies) == [f"{RUN}1"]


def test_clean_that_finds_nothing_asks_nothing() -> None:
    """`clean` ends with 0 where no run left anything, on a terminal or not."""
    with MockGateway(secret="s") as gateway:
        gateway.policies.seed({"id": "mine"})
        process = run_command("clean", gateway.url, "--secret", "s")
    assert (process.returncode, process.stdout, process.stderr) == (0, "0 left by earlier runs\n", "")


def _options(gateway: MockGateway, *secrets: str, yes: bool) -> Namespace:
    """The options of `clean`."""
    return Namespace(
        url=gateway.url, service="gateway", secret=[*secrets], secret_file=[], yes=yes, max_time=60.0,
        connection=ConnectionSettings(),
    )  # fmt: skip


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("Yes ", 0), ("", 1), ("n", 1), (EOFError(), 1)])
def test_clean_asks_on_a_terminal(
    gateway: MockGateway, answer: str | EOFError, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`clean` removes what it listed after a yes on a terminal, and nothing after any other answer."""

    def _answer(_: str) -> str:
        if isinstance(answer, EOFError):
            raise answer
        return answer

    gateway.policies.seed({"id": f"{RUN}1"})
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", _answer)
    assert clean.run(_options(gateway, gateway.secret, yes=False)) == code
    assert list(gateway.policies) == ([] if code == 0 else [f"{RUN}1"])


def test_clean_is_safe_with_a_hostile_list(
    gateway: MockGateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names that lead elsewhere are left, names that a terminal would obey are escaped, a long list is cut."""
    names = [
        "mine", f"{RUN}1/../../mine", f"{RUN}1%2f..%2fmine", f"{RUN}\x1b]0;x\x07", f"{RUN}\ud800", f"{RUN}{'x' * 10**6}",
        5, None, {"id": "mine"}, *(f"{RUN}{number}" for number in range(clean.SHOWN * 2)),
    ]  # fmt: skip
    deleted = []

    class Hostile:
        def send(self, method: str, target: str, *_: object) -> Answer:
            if method == "DELETE":
                deleted.append(target)
            document: object = {"keys": "mine"} if "keys" in target else [{"id": name} for name in names]
            return Answer.of(200, (), json.dumps(document).encode())

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr("mockserver.http.client.Client", lambda _, **_settings: Hostile())
    assert clean.run(_options(gateway, yes=True)) == 1
    assert not [target for target in deleted if "mine" in target]
    assert len(set(deleted)) == clean.SHOWN * 2 + 3
    assert len(deleted) == ROUNDS * len(set(deleted))  # what is still listed is deleted once more
    printed = capsys.readouterr().out
    assert f"policy {RUN}\\x1b]0;x\\x07\n" in printed
    assert printed.replace("\n", "").isprintable()
    assert f"and {clean.SHOWN + 3} more" in printed
    assert len(printed) < 100_000


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
        process = run_command("clean", gateway.url, "--secret", "s", "--yes")
        assert process.returncode == 0, process.stderr
        left = "5 left by earlier runs: API 1, client 1, key 2, organisation 1"
        assert process.stdout.splitlines()[5:] == [left, "removed: 5 of 5"]
        assert [api["api_id"] for api in call(gateway, "GET", "/tyk/apis")[1]] == ["tyk-contract-of-mine"]
        assert len(call(gateway, "GET", "/tyk/keys")[1]["keys"]) == 2
        assert call(gateway, "GET", "/tyk/org/keys")[1] == {"keys": ["tyk-contract-of-mine"]}
        assert len(call(gateway, "GET", "/tyk/oauth/clients/tyk-contract-of-mine")[1]) == 1


@pytest.mark.slow
def test_a_run_offers_to_remove_leftovers() -> None:
    """`verify` finds policies of an earlier run, and prints the command that removes them."""
    with MockGateway(secret="s") as gateway:
        gateway.policies.seed({"id": f"{RUN}1"})
        process = run_command("verify", gateway.url, "--secret", "s", "--read-only")
    advice = (
        "policies of an earlier run are left on the gateway: 1; remove them with `tyk-contract clean http://"
    )
    assert advice in process.stderr
