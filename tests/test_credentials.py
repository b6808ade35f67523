"""Secrets and stores of the commands: from options, standard input, files and variables."""

from __future__ import annotations

import argparse
import getpass
import io
import os
import sys
import traceback
from pathlib import Path

import pytest
from serving import error_line, failing, run_command, serving

from mockserver import MockGateway, create_app
from mockserver.console.credentials import CREDENTIALS, LONGEST, SECRET, STORE, CredentialError
from mockserver.dashboard.config import Config as DashboardConfig
from mockserver.gateway.config import Config
from mockserver.http.client import Client
from mockserver.service.configuration import ConfigError, Configuration

pytestmark = pytest.mark.slow  # whole commands and servers


def parsed(*arguments: str) -> argparse.Namespace:
    """The options of a command that has all credentials."""
    parser = argparse.ArgumentParser()
    for credential in CREDENTIALS:
        credential.add_options(parser)
    return parser.parse_args(arguments)


def stdin_of(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Make these bytes the standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def private(path: Path, data: bytes) -> str:
    """The path of a new file that only its owner may read."""
    path.write_bytes(data)
    path.chmod(0o600)
    return str(path)


def test_a_value_is_taken_from_the_option_before_the_variable(tmp_path: Path) -> None:
    """An option overrides the variable, and without either there is no value."""
    variables = {"TYK_GW_SECRET": "v", "TYK_CONTRACT_STORE": "redis://v"}
    assert SECRET.of(parsed("--secret", "o"), variables) == "o"
    assert SECRET.of(parsed("--secret-file", private(tmp_path / "s", b"f\n")), variables) == "f"
    assert SECRET.of(parsed(), variables) == "v"
    assert STORE.of(parsed(), variables) == "redis://v"
    assert SECRET.of(parsed(), {}) is STORE.of(parsed(), {"TYK_CONTRACT_STORE": ""}) is None


LINES = {
    "line feed": (b"s3cret\n", "s3cret"),
    "carriage return": (b"s3cret\r\n", "s3cret"),
    "no end": (b"s3cret", "s3cret"),
    "byte order mark": (b"\xef\xbb\xbfs3cret\n", "s3cret"),
    "blanks": (b" s3 cret \n", " s3 cret "),
    "other letters": ("gehe\u00edm\n".encode(), "gehe\u00edm"),
    "longest": (b"x" * LONGEST, "x" * LONGEST),
}


@pytest.mark.parametrize(("data", "value"), LINES.values(), ids=list(LINES))
def test_a_file_and_standard_input_give_their_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, value: str
) -> None:
    """A file of one line, or the first line of standard input, is the value without the end of the line."""
    assert SECRET.of(parsed("--secret-file", private(tmp_path / "s", data)), {}) == value
    stdin_of(monkeypatch, data)
    assert SECRET.of(parsed("--secret", "-"), {}) == value


def test_standard_input_is_read_up_to_the_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows the first line of standard input is left to others."""
    stdin_of(monkeypatch, b"s3cret\nmore\n")
    assert SECRET.of(parsed("--secret", "-"), {}) == "s3cret"
    assert sys.stdin.read() == "more\n"


def test_a_terminal_is_asked_without_an_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal the value is asked for, and not shown as it is typed."""
    stdin_of(monkeypatch, b"")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: f"typed at {prompt}")
    assert SECRET.of(parsed("--secret", "-"), {}) == "typed at --secret: "


BAD = {
    "empty": (b"", "it is empty"),
    "empty line": (b"\n", "it is empty"),
    "blanks": (b"  \n", "it is empty"),
    "several lines": (b"s3cret\nmore\n", "there are several lines"),
    "old line ends": (b"s3cret\rmore", "there are several lines"),
    "large": (b"s3cret" * LONGEST, "it has over 64 KiB"),
    "no UTF-8": (b"s3cret\xff\n", "it is not UTF-8 text"),
}


@pytest.mark.parametrize(("data", "complaint"), BAD.values(), ids=list(BAD))
def test_a_file_of_no_line_is_refused(tmp_path: Path, data: bytes, complaint: str) -> None:
    """A file that is not one line is refused with its name, and without its contents."""
    path = private(tmp_path / "the-file", data)
    with pytest.raises(CredentialError) as caught:
        SECRET.of(parsed("--secret-file", path), {})
    assert str(caught.value).startswith(f"--secret-file {path}: {complaint}; ")
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("missing", "No such file"), ("", "Is a directory"), ("a\0b", "null byte"), ("/dev/zero", "over 64 KiB")],
    ids=["missing", "directory", "null byte", "endless device"],
)  # fmt: skip
def test_what_is_no_file_is_refused(tmp_path: Path, name: str, complaint: str) -> None:
    """A path that cannot be read to its end is refused with its name."""
    path = str(tmp_path / name) if name else str(tmp_path)
    with pytest.raises(CredentialError, match=complaint) as caught:
        STORE.of(parsed("--store-file", path), {})
    assert str(caught.value).startswith(f"--store-file {path}: ")


@pytest.mark.parametrize("data", [b"", b"\n"], ids=["end", "empty line"])
def test_an_empty_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Standard input without a line is refused."""
    stdin_of(monkeypatch, data)
    with pytest.raises(CredentialError, match="--secret -: standard input: it is empty"):
        SECRET.of(parsed("--secret", "-"), {})


def test_a_value_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that was read is kept, and is known to what hides secrets; before that nothing is read."""
    stdin_of(monkeypatch, b"s3cret\nmore\n")
    options = parsed("--secret", "-", "--store-file", private(tmp_path / "s", b"redis://h"))
    monkeypatch.setenv("TYK_GW_SECRET", "v")
    assert SECRET.known(options) == ["v"]
    assert [SECRET.of(options), SECRET.of(options)] == ["s3cret", "s3cret"]
    assert SECRET.known(options) == ["s3cret", "v"]
    assert STORE.of(options) == "redis://h"
    (tmp_path / "s").unlink()
    assert STORE.of(options) == "redis://h"
    assert STORE.known(argparse.Namespace()) == []


def test_a_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command without standard input says so."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CredentialError, match="standard input is closed"):
        SECRET.of(parsed("--secret", "-"), {})


@pytest.mark.parametrize("arguments", [
    ["--secret", "s3cret", "--secret-file", "f"], ["--secret", "-", "--secret-file", "f"],
    ["--secret", "s3cret", "--secret", "s3cret2"], ["--secret-file", "f", "--secret-file", "g"],
], ids=["value and file", "input and file", "two values", "two files"])  # fmt: skip
def test_several_sources_are_refused(arguments: list[str]) -> None:
    """Several options for one credential are refused with their names."""
    with pytest.raises(
        CredentialError, match="give one --secret or one --secret-file, not several"
    ) as caught:
        SECRET.of(parsed(*arguments), {})
    assert "s3cret" not in str(caught.value)


def test_two_values_of_standard_input_are_refused() -> None:
    """Only one credential can be read from standard input; the error names both options."""
    with pytest.raises(CredentialError, match="only one of --secret - and --store - can read"):
        SECRET.of(parsed("--secret", "-", "--store", "-"), {})


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
@pytest.mark.parametrize(("mode", "warns"), [(0o600, False), (0o640, False), (0o644, True)])
def test_a_file_that_others_may_read_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: int, warns: bool
) -> None:
    """A file that every user may read is used with a warning; one of a group is not warned of."""
    path = tmp_path / "s"
    path.write_text("s3cret")
    path.chmod(mode)
    assert SECRET.of(parsed("--secret-file", str(path)), {}) == "s3cret"
    warning = f"tyk-contract: --secret-file {path}: other users may read this file; chmod 600 it\n"
    assert capsys.readouterr().err == (warning if warns else "")


@pytest.mark.parametrize("command", ["serve", "verify", "clean", "record", "dashboard"])
def test_the_help_names_the_safe_ways(command: str) -> None:
    """The help of each command with a secret says who sees it, and names the other ways."""
    text = " ".join(run_command(command, "--help").stdout.split())
    assert "see a value here in the list of processes (ps); safer are -, --" in text
    assert "and the variable TYK_" in text
    assert "An option overrides the variable." in text


def test_commands_take_a_secret_from_standard_input_and_files(tmp_path: Path) -> None:
    """A command uses the secret of standard input or of a file, against a variable with another."""
    path = private(tmp_path / "s", b"s3cret\n")
    with MockGateway(secret="s3cret") as gateway:
        by_stdin = run_command("clean", gateway.url, "--secret", "-", stdin="s3cret\n", TYK_GW_SECRET="x")
        by_file = run_command("clean", gateway.url, "--secret-file", path, TYK_GW_SECRET="x")
    assert (by_stdin.returncode, by_file.returncode) == (0, 0), by_stdin.stderr + by_file.stderr


def test_serve_takes_its_credentials_from_files(tmp_path: Path) -> None:
    """`serve` requires the secret of a file, and names the file of a store that cannot be used."""
    path = private(tmp_path / "s", b"s3cret\n")
    with serving("--secret-file", path) as served:
        assert served.send("GET", "/tyk/policies", "s3cret").status == 200
        assert served.send("GET", "/tyk/policies", "mock-secret").status == 403
    assert f"--store-file {path}x: No such file" in failing("serve", "--store-file", f"{path}x")


def test_a_wrong_credential_ends_a_command_with_2() -> None:
    """Contradicting options end a command with one line and exit code 2."""
    process = run_command("verify", "http://127.0.0.1:9", "--secret", "s3cret", "--secret-file", "f")
    assert "give one --secret or one --secret-file" in error_line(process)


def test_a_variable_gives_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """`serve` and `create_app` use the store of the variable, and show no password of a malformed one."""
    message = failing("serve", TYK_CONTRACT_STORE="redis://:hun/ter2@host/0")
    assert "is not the URL of a Redis server" in message
    assert "ter2" not in message
    monkeypatch.setenv("TYK_CONTRACT_STORE", "redis://:hun/ter2@host/0")
    with pytest.raises(ValueError, match="is not the URL of a Redis server"):
        create_app()


@pytest.mark.parametrize("kind", [Config, DashboardConfig], ids=["gateway", "Dashboard"])
def test_a_configuration_does_not_show_its_secrets(kind: type[Configuration]) -> None:
    """A configuration shows its secrets neither as a text nor in the error of a wrong type."""
    config = kind()
    for name in kind.SECRETS:
        config = config.having(name.replace("__", "."), "s3cret")
        with pytest.raises(ConfigError, match="must be a string; correct") as caught:
            kind.of({name.replace("__", "."): ["s3cret"]})
        assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize("url", [
    "http://user:ter2@host", "user:ter2@host", "http://user:pa/ter2@host", "http://user:1/ter2@host",  # pragma: allowlist secret
    "http://user:pa#ter2@host", "http://user:1?ter2@host", "ftp://:ter2@host", "http://[ter2@host",  # pragma: allowlist secret
    "http://\u2100ter2@host",
])  # fmt: skip
def test_a_password_in_the_url_of_a_gateway_is_not_shown(url: str) -> None:
    """A URL with a user or a password is refused without any part of it, wherever the password ends."""
    with pytest.raises(ValueError, match="the URL has a user or a password") as caught:
        Client(url)
    assert "ter2" not in "".join(traceback.format_exception(caught.value))


def test_the_suite_under_pytest_takes_a_secret_from_a_file(
    tmp_path: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--gateway-secret-file overrides the variable; a file without a secret ends pytest with its name."""
    monkeypatch.setenv("TYK_GW_SECRET", "x")
    suite = ("--pyargs", "contract_tests.gateway.test_health", "--gateway-read-only", "-pno:cacheprovider")
    with MockGateway(secret="s3cret") as gateway:
        target = (*suite, f"--gateway-url={gateway.url}", "-pno:randomly")
        right = pytester.runpytest_subprocess(
            *target, "--gateway-secret-file", private(tmp_path / "s", b"s3cret")
        )
        wrong = pytester.runpytest_subprocess(*target, "--gateway-secret-file", private(tmp_path / "e", b""))
    assert right.ret == 0
    assert wrong.ret == 2
    assert f"--gateway-secret-file {tmp_path / 'e'}: it is empty" in wrong.stdout.str() + wrong.stderr.str()
