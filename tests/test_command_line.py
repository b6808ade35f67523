"""The command line: help, version, misspelt options and commands, and what is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from serving import QUIET

from mockserver.cli.main import COMMANDS, main

HEAVY = {  # packages that one command or one kind of request needs
    "schemathesis", "hypothesis", "openapi_core", "jsonschema_rs", "cryptography", "jwt", "graphql", "jinja2",
    "flask", "werkzeug", "pytest", "re2", "redis", "contract_tests",
}  # fmt: skip
OF_REQUESTS = """
import sys
from mockserver import MockDashboard, MockGateway
with MockDashboard() as dashboard, MockGateway() as gateway:
    gateway.client.post("/tyk/policies", json={"id": "gold"}).raise_for_status()
    gateway.reload()
    gateway.client.get("/tyk/policies/gold").raise_for_status()
    dashboard.client.get("/api/portal/policies").raise_for_status()
print(*sys.modules)
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of a command."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code, *capsys.readouterr()


def modules(code: str) -> set[str]:
    """The modules that a program prints in its last line."""
    process = subprocess.run(
        [sys.executable, "-c", code], env=QUIET, capture_output=True, text=True, check=True, timeout=60
    )
    return set(process.stdout.splitlines()[-1].split())


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """`tyk-contract` alone prints what `help` and `--help` print, and ends with the code of a usage error."""
    code, shown, error = run(capsys)
    assert (code, error) == (2, "")
    assert "Mock a gateway or Dashboard:" in shown
    assert run(capsys, "help") == run(capsys, "--help") == (0, shown, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(capsys: pytest.CaptureFixture[str], command: str) -> None:
    """`help COMMAND` prints the help of the command."""
    code, shown, _ = run(capsys, "help", command)
    assert code == 0
    assert shown.startswith(f"usage: tyk-contract {command} ")
    assert run(capsys, command, "--help")[1] == shown


def test_version_is_a_command_too(capsys: pytest.CaptureFixture[str]) -> None:
    """`version` prints what `--version` prints."""
    assert run(capsys, "version") == run(capsys, "--version")


@pytest.mark.parametrize(
    ("arguments", "usage", "complaint"),
    [
        (["serve", "--prot", "1"], "serve", "unrecognized arguments: --prot 1; did you mean --port?"),
        (["serve", "--prot=1"], "serve", "unrecognized arguments: --prot=1; did you mean --port?"),
        (["verify", "--gatewya", "5.8", "http://a.test"], "verify", "did you mean --gateway?"),
        (["why", "--sesion=a"], "why", "did you mean --session?"),
        (["serve", "5"], "serve", "unrecognized arguments: 5\n"),
        (["serve", "--qqqqqq"], "serve", "unrecognized arguments: --qqqqqq\n"),
        (["verify", "--service", "dashbord"], "verify", "did you mean 'dashboard'?"),
        (["srve"], "[-h]", "invalid choice: 'srve'"),
        (["validate"], "[-h]", "; did you mean 'lint'?"),
        (["srve"], "[-h]", "did you mean 'serve'?"),
        (["help", "srve"], "[-h]", "did you mean 'serve'?"),
        (["--verison"], "[-h]", "required: COMMAND; did you mean --version?"),
    ],
)
def test_a_misspelt_argument(
    capsys: pytest.CaptureFixture[str], arguments: list[str], usage: str, complaint: str
) -> None:
    """A misspelt option, command or choice ends with the usage of the command meant, and the nearest name."""
    code, shown, error = run(capsys, *arguments)
    assert (code, shown) == (2, "")
    assert error.startswith(f"usage: tyk-contract {usage}")
    assert complaint in error


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], [], ["serve", "--help"], ["dashboard", "--help"]]
)
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    """Help and version are shown without a package that one command or one kind of request needs."""
    code = f"""
import sys
from mockserver.cli.main import main
try:
    main({arguments!r})
except SystemExit:
    print(*sys.modules)
"""
    assert HEAVY.isdisjoint(modules(code))


@pytest.mark.slow
def test_a_mock_imports_nothing_heavy_for_policies() -> None:
    """Mocks start and answer requests for policies without a package that only other requests need."""
    assert HEAVY.isdisjoint(modules(OF_REQUESTS))
