"""The smaller commands: explain, clean."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mockserver import MockGateway, behaviours


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as a process."""
    command = [sys.executable, "-m", "mockserver", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_behaviour_is_explained() -> None:
    """Requirement, versions, source, test, published spec, deviations, and a recorded example."""
    done = run("explain", "id-characters")
    assert done.returncode == 0
    for expected in (
        "requirement  An id of other characters",
        "from 5.13.0; of those described: 5.13, 5.14",
        "contract_tests/test_add_policy.py::test_an_id_of_odd_characters_is_refused",
        "deviation    P12a",
        "example      gateway 5.14.0, policies/id-strings step 0",
        "-> 400 {",
    ):
        assert expected in done.stdout


def test_every_behaviour_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """Each that is tested names its tests."""
    from argparse import Namespace

    from mockserver.commands import explain

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
        assert (done.returncode, done.stdout) == (0, "3 policies of earlier runs removed\n")
        assert sorted(gateway.policies) == sorted(gateway.policies.written) == ["mine", "my-tyk-contract-0"]
        assert run("clean", gateway.url, "--secret", "wrong").returncode == 2
    assert run("clean", gateway.url, "--secret", "s").returncode == 3


def test_a_run_offers_to_remove_leftovers() -> None:
    """With the command that does."""
    with MockGateway(secret="s") as gateway:
        gateway.policies.seed({"id": "tyk-contract-0-1"})
        done = run("verify", gateway.url, "--secret", "s", "--read-only")
    assert "1 policies of an earlier run are there; remove them: tyk-contract clean http://" in done.stderr
