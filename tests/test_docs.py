"""What the documents say is true: their commands run, their examples hold."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mockserver import MockGateway
from mockserver.contract import behaviours

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
COMMANDS = [line.partition(" #")[0].strip() for line in SHELL.splitlines()]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """tyk-contract, as a process."""
    command = [sys.executable, "-m", "mockserver", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def test_the_first_commands_are_targets_of_the_makefile() -> None:
    """`make verify` and `make test`, which the first screen names."""
    makefile = (ROOT / "Makefile").read_text()
    targets = [command.split()[1] for command in COMMANDS if command.startswith("make ")]
    assert targets == ["verify", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("tyk-contract serve")])
def test_a_serve_command_serves(command: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """On a free port, in a folder that has what it names."""
    for name in ("policies", "apps"):
        (tmp_path / name).mkdir()
    (tmp_path / "tyk.conf").write_text('{"secret":"s"}')
    if "redis://" in command:
        command = re.sub(r"redis://\S+", request.getfixturevalue("redis").url, command)
    with subprocess.Popen(
        [sys.executable, "-m", "mockserver", *shlex.split(command)[1:], "--port", "0"],
        cwd=tmp_path, text=True, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert "mocked on http://127.0.0.1:" in process.stdout.readline()
        process.terminate()


def test_the_verify_command_judges(tmp_path: Path) -> None:
    """With both reports that it names."""
    command = next(c for c in COMMANDS if c.startswith("tyk-contract verify"))
    with MockGateway(secret="s") as gateway:
        words = [w.replace("http://gateway:8080", gateway.url) for w in shlex.split(command)[1:]]
        words = [str(tmp_path / w) if w.startswith("verdict") else w for w in words]
        assert run(*words, TYK_GW_SECRET="s").returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["verdict.html", "verdict.xml"]


def test_the_parity_command_compares() -> None:
    """And finds nothing that differs."""
    command = re.search(r"`tyk-contract (parity [^`]+)`", README)
    assert command is not None
    done = run(*command[1].split())
    assert (done.returncode, "11 of 11 scenarios identical" in done.stdout) == (0, True)


@pytest.mark.parametrize("command", [c for c in COMMANDS if re.match("tyk-contract (diff|deviations)", c)])
def test_a_listing_command_lists(command: str) -> None:
    """In the form that is asked for."""
    done = run(*shlex.split(command)[1:])
    assert (done.returncode, done.stdout.count("\n") > 20) == (0, True)


def test_the_record_command_records(tmp_path: Path) -> None:
    """An empty gateway."""
    command = re.search(r"`tyk-contract (record [^`]+)`", README)
    assert command is not None
    with MockGateway(secret="s") as gateway:
        words = [w.replace("http://gateway:8080", gateway.url) for w in command[1].split()]
        words[words.index("mine.jsonl")] = str(tmp_path / "mine.jsonl")
        assert run(*words, "--scenarios", "auth", TYK_GW_SECRET="s").returncode == 0


def test_make_targets_of_the_documents_exist() -> None:
    """Those that contributors are told to run."""
    told = set(re.findall(r"`make ([a-z]+)`", (ROOT / "CONTRIBUTING.md").read_text()))
    assert told <= set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_behaviours_are_listed() -> None:
    """Those of the version, each with its source."""
    done = run("behaviours", "--gateway", "5.13")
    assert done.returncode == 0
    assert "id-characters  (addPolicy, core)" in done.stdout
    assert "any-id-is-taken" not in done.stdout


def test_the_failure_on_the_first_screen_is_one() -> None:
    """Statement and source are those of the row."""
    shown = re.search(r"```text\naddPolicy  (\S+)\n  requirement  (.*?)  \[(.*?)\]\n", README)
    assert shown is not None
    row = behaviours.load()[shown[1]]
    assert (row.statement, row.source) == (shown[2], shown[3])


def test_the_fixtures_example_holds(pytester: pytest.Pytester) -> None:
    """With a client that does what the comment says."""
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert example is not None
    pytester.makepyfile(
        """
        import json, urllib.request

        def publish_plan(url, secret):
            body = json.dumps({"id": "gold", "rate": 1000}).encode()
            request = urllib.request.Request(url + "/tyk/policies", body, {"X-Tyk-Authorization": secret})
            urllib.request.urlopen(request).close()

        """
        + example[1].replace("\n", "\n        ")
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("serve",),
        ("verify",),
        ("diff",),
        ("deviations",),
        ("parity",),
        ("record",),
        ("behaviours",),
        ("explain",),
        ("clean",),
    ],
)
def test_each_command_explains_itself(command: tuple[str, ...]) -> None:
    """--help ends with 0, and the README knows the command."""
    done = run(*command, "--help")
    assert done.returncode == 0
    assert " ".join(["tyk-contract", *command]) in done.stdout
    assert " ".join(["tyk-contract", *command]) in README


def test_the_mocks_own_routes_are_those_that_are_told() -> None:
    """Each row of the table is a route, and each route stands in the README."""
    from mockserver import create_app

    rules = create_app().url_map.iter_rules()
    paths = {rule.rule for rule in rules if rule.rule.startswith("/_mock/")}
    assert paths == set(re.findall(r"/_mock/[a-z]+", README))


def test_every_flag_stands_in_help_and_code_alone() -> None:
    """Flags that the README names exist."""
    told = set(re.findall(r"(?<!-)--[a-z][a-z-]+", README)) - {
        "--pyargs",
        "--gateway-url",
        "--path-as-is",
        "--data-binary",
    }
    shown = "".join(
        run(command, "--help").stdout
        for command in ("serve", "verify", "diff", "parity", "record", "mutants", "why")
    )
    assert told - set(re.findall(r"--[a-z-]+", shown)) == set()
