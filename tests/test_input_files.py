"""Files that commands are given are read within bounds, and what is beyond them is refused with a line."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from serving import COMMAND

from contract_tests.engine import configuration as suite_configuration
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.selection import Selection
from contract_tests.gateway.service import GATEWAY
from contract_tests.report import baseline
from contract_tests.report.conformance.implementation import Implementation
from mockserver.cli import installation
from mockserver.cli.comparison import reports
from mockserver.cli.main import main
from mockserver.console import input_files
from mockserver.console.credentials import read_file
from mockserver.console.input_files import content_within
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import SpecError
from mockserver.evidence.player import files_below
from mockserver.evidence.recording import read_recording
from mockserver.gateway.config import Config
from mockserver.golang import json_size
from mockserver.http.connection_settings import LONGEST_FILE, ConnectionSettings
from mockserver.serving.example_replies import ExampleReplies
from mockserver.storage.snapshot import content_of

SPEC = (
    "openapi: 3.0.0\npaths:\n  /x:\n    get:\n      responses: {'200': {content: {application/json: %s}}}\n"
)
READERS: dict[str, Callable[[Path], object]] = {
    "--header": lambda path: ConnectionSettings.of(headers=[f"@{path}"]),
    "--cert": lambda path: ConnectionSettings.of(cert=str(path)),
    "--cacert": lambda path: ConnectionSettings.of(cacert=str(path)),
    "--secret-file": lambda path: read_file(str(path), "--secret-file"),
    "--baseline": lambda path: baseline.read(path, {}),
    "--failed": lambda path: Selection.of(RunOptions(failed=path), GATEWAY),
    "--implementation": Implementation.read,
    "--conf": lambda path: Config.load(path, {}),
    "verify --conf": lambda path: suite_configuration.Configuration.read(path, GATEWAY),
    "--spec": Contract.of_file,
    "compare": reports.read,
    "parity": read_recording,
}


@pytest.mark.parametrize("option", READERS)
def test_a_file_without_an_end_is_refused(option: str, tmp_path: Path) -> None:
    """A file of many gigabytes is refused with its name, before it takes memory."""
    path = tmp_path / "endless.yaml"
    path.touch()
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    with pytest.raises(ValueError, match=r"over \d+ [KM]iB") as caught:
        READERS[option](path)
    assert str(path) in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
@pytest.mark.parametrize("option", READERS)
def test_a_pipe_without_a_writer_is_refused(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe that nobody writes to is refused with its name once the time for it has passed."""
    monkeypatch.setattr(input_files, "PATIENCE", 0.05)
    path = tmp_path / "pipe.yaml"
    os.mkfifo(path)
    with pytest.raises(ValueError, match=r"pipe or (a )?device") as caught:
        READERS[option](path)
    assert str(path) in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    """A pipe is read until its writer closes it; of one without an end no more is read than the bound."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    parts = [b"x" * 70_000, b"y" * 70_000, b"z"]

    def write() -> None:
        with path.open("wb", buffering=0) as pipe:
            for part in parts:
                pipe.write(part)

    for bound, complaint in ((140_001, None), (140_000, "it has over")):
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write)
            if complaint is None:
                assert content_within(path, bound) == b"".join(parts)
            else:
                with pytest.raises(OSError, match=complaint):
                    content_within(path, bound)
                with contextlib.suppress(BrokenPipeError):
                    writing.result(30)
    with pytest.raises(OSError, match="it has over 16 MiB"):
        content_within("/dev/zero", input_files.CONFIGURATION)


def test_a_file_of_proc_is_read_whole() -> None:
    """A file that the system says has no bytes is read to its end too, within the bound."""
    path = Path("/proc/self/status")
    if not path.exists():
        pytest.skip("the system has no /proc")
    assert content_of(path).startswith(b"Name:")
    with pytest.raises(OSError, match="it has over"):
        content_of(path, 10)


@pytest.mark.parametrize(
    "media",
    ["{schema: {$ref: '#/components/schemas/A0'}}", "{example: *a9}", "&a [*a]"],
    ids=["references", "aliases", "cycle"],
)
def test_an_openapi_file_that_unfolds_is_refused(media: str, tmp_path: Path) -> None:
    """An OpenAPI file whose few references or aliases stand for millions of values is refused at the start."""
    aliases = ["x0: &a0 [1]", *(f"x{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10))]
    members = ", ".join(f"p{m}: {{$ref: '#/components/schemas/A%d'}}" for m in range(9))
    schemas = [f"    A{n}: {{properties: {{{members.replace('%d', str(n + 1))}}}}}" for n in range(9)]
    path = tmp_path / "spec.yaml"
    head = "\n".join(aliases) if "*a9" in media else ""
    path.write_text(f"{head}\n{SPEC % media}components:\n  schemas:\n" + "\n".join(schemas) + "\n")
    with pytest.raises(SpecError, match=r"over 1,000,000 values"):
        _served(path)


def _served(path: Path) -> None:
    contract = Contract.of_file(path)
    replies = ExampleReplies(contract)
    for operation in contract.operations.values():
        replies.of(operation)


def test_a_long_file_of_headers_is_not_cut(tmp_path: Path) -> None:
    """A file of headers may have 64 KiB; one of more is refused as a whole, for a line after those was lost."""
    path = tmp_path / "headers"
    lines = "".join(f"X-{number}: {'v' * 1000}\n" for number in range(60))
    path.write_text(lines + f"X-Last: {'v' * (LONGEST_FILE - len(lines) - 9)}\n")
    assert ConnectionSettings.of(headers=[f"@{path}"]).headers[-1][0] == "X-Last"
    path.write_text(path.read_text() + "\n")
    with pytest.raises(ValueError, match="it has over 64 KiB; give a file with lines"):
        ConnectionSettings.of(headers=[f"@{path}"])


def test_a_bound_counts_all_bytes(tmp_path: Path) -> None:
    """A file of as many bytes as the bound is read whole, and one of another byte is refused."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1024)
    assert content_within(path, 1024) == content_of(path, 1024) == path.read_bytes()
    for read in (content_within, content_of):
        with pytest.raises(OSError, match="it has over"):
            read(path, 1023)


@pytest.mark.parametrize(
    "arguments",
    [
        ["lint", "FILE"],
        ["why", "--session", "FILE", "--policies", "/dev/null"],
        ["impact", "--policies", "FILE", "--delete", "gold", "--keys", "FILE"],
        ["import", "FILE", "http://127.0.0.1:1"],
        ["compare", "FILE", "FILE"],
        ["verify", "--failed", "FILE"],
    ],
    ids=" ".join,
)
def test_a_command_refuses_a_file_of_too_many_values(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of more JSON values than the bound is refused with one line, before they take memory."""
    monkeypatch.setattr(json_size, "MAX_VALUES_OF_FILE", 1000)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "values.json"
    path.write_text("[" + "[]," * 500 + "[]]")
    with pytest.raises(SystemExit) as end:
        main([str(path) if word == "FILE" else word for word in arguments])
    error = capsys.readouterr().err
    assert (end.value.code, error.count("\n")) == (2, 1)
    assert f"{path}: it has over 1,000 JSON values" in error


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["lint", "FILE"],
        ["why", "--session", "FILE", "--policies", "."],
        ["why", "--session", "/dev/null", "--policies", "FILE"],
        ["impact", "--policies", "FILE", "--delete", "gold", "--keys", "FILE"],
        ["export", "FILE", "--output", "out.json"],
        ["import", "FILE", "http://127.0.0.1:1"],
    ],
    ids=" ".join,
)
def test_a_command_refuses_a_file_without_an_end(arguments: list[str], tmp_path: Path) -> None:
    """A command that reads policies or sessions refuses a file of many gigabytes with one line."""
    path = tmp_path / "endless.json"
    path.touch()
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    command = [*COMMAND, *(str(path) if word == "FILE" else word for word in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)
    assert done.returncode == 2
    assert "it has over 256 MiB" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_recording_takes_no_file_without_an_end(tmp_path: Path) -> None:
    """The texts of a gateway's directory are read within the bound; a longer file is refused with its name."""
    (tmp_path / "app").write_bytes(b"a\r\n\xff\n")
    assert files_below(tmp_path) == {"app": "a\n\ufffd\n"}
    (tmp_path / "endless").touch()
    os.truncate(tmp_path / "endless", 1 << 40)
    with pytest.raises(ValueError, match="endless: it has over 256 MiB"):
        files_below(tmp_path)


def test_a_command_without_memory_ends_with_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command whose memory does not suffice says so; its exit code is not that of a gateway that does not conform."""

    def check() -> None:
        raise MemoryError

    monkeypatch.setattr(installation, "check", check)
    with pytest.raises(SystemExit) as end:
        main(["deviations"])
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("tyk-contract: there is not enough memory; give ")
