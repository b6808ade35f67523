"""Output files: whole and new, or the old one."""

from __future__ import annotations

import json
import os
import stat
from argparse import Namespace
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from serving import LEAN, run_command
from test_report import REPORT

from contract_tests.report import output_file
from contract_tests.report.output_file import OutputError
from mockserver import MockGateway
from mockserver.cli import verify


def test_a_text_is_written(tmp_path: Path) -> None:
    """A text is written as UTF-8, over an old one too, and nothing is left beside it."""
    path = tmp_path / f"{'n' * 250}.json"
    for text in ("old", "né\n"):
        output_file.write(path, text)
    assert path.read_bytes() == b"n\xc3\xa9\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("mode", "expected"), [(None, 0o640), (0o604, 0o604)], ids=["new", "old"])
def test_the_mode_is_the_usual_one(tmp_path: Path, mode: int | None, expected: int) -> None:
    """A new file has the mode that the user's umask gives, and an old one keeps its mode."""
    path = tmp_path / "r.json"
    if mode is not None:
        path.touch()
        path.chmod(mode)
    before = os.umask(0o027)
    try:
        output_file.write(path, "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == expected


@pytest.mark.parametrize("exists", [True, False], ids=["to a file", "to nothing"])
def test_a_link_is_replaced(tmp_path: Path, exists: bool) -> None:
    """A symbolic link in the place of a file is replaced, and what it leads to is not touched."""
    victim, path = tmp_path / "victim", tmp_path / "r.json"
    if exists:
        victim.write_text("mine")
    path.symlink_to(victim)
    output_file.write(path, "new")
    assert (path.is_symlink(), path.read_text()) == (False, "new")
    assert victim.exists() is exists
    assert not exists or victim.read_text() == "mine"


def test_a_device_is_written_to() -> None:
    """What is no file, such as /dev/null, is written to and stays what it is."""
    output_file.check(Path(os.devnull))
    output_file.write(Path(os.devnull), "text")
    assert not Path(os.devnull).is_file()


def _full(*_: object) -> int:
    raise OSError(28, "No space left on device")


def _surrogate(path: Path) -> None:
    output_file.write(path, "\ud800")


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()
    output_file.write(path, "new")


@pytest.mark.parametrize(
    ("patched", "write", "reason"),
    [
        pytest.param("replace", None, "No space left", id="no move"),
        pytest.param("open", None, "No space left", id="no new file"),
        pytest.param("", _surrogate, "surrogates not allowed", id="no text"),
        pytest.param("", _directory, "Is a directory", id="directory"),
    ],
)
def test_a_failure_leaves_the_old_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    patched: str,
    write: Callable[[Path], None] | None,
    reason: str,
) -> None:
    """A file that cannot be written stays as it was, nothing is left beside it, and the error names it."""
    path = tmp_path / "r.json"
    path.write_text("old")
    if patched:
        monkeypatch.setattr(Path, patched, _full)
    with pytest.raises(OutputError, match=rf"r\.json: not written, and as it was before: .*{reason}"):
        (write or (lambda path: output_file.write(path, "new")))(path)
    monkeypatch.undo()
    assert path.is_dir() or path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(
            ["verify", "--write-baseline", "/no/such/b.yaml"], "the directory does not exist", id="baseline"
        ),
        pytest.param(["mutants", "--out", "/no/such/m.json"], "the directory does not exist", id="mutants"),
        pytest.param(["record", "http://127.0.0.1:9", "--out", "/"], "this is a directory", id="recording"),
    ],
)
def test_a_place_is_checked_before_a_run(arguments: list[str], complaint: str) -> None:
    """A command that cannot write its file says so before it does anything else, with exit code 2."""
    done = run_command(*arguments)
    assert done.returncode == 2, done.stderr
    assert complaint in done.stderr
    assert done.stdout == ""


def test_a_report_that_fails_costs_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """If a file of a run cannot be written, the others are, and the run says so."""
    gone = tmp_path / "gone"
    options = Namespace(
        report_format="", report=[gone / "r.html", tmp_path / "r.json"], write_baseline=gone / "b.yaml"
    )
    assert verify._has_written(REPORT, options, date(2027, 1, 1)) is False
    assert json.loads((tmp_path / "r.json").read_text())["conforms"] is False
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["tyk-contract", "tyk-contract"]
    assert all("not written, and as it was before: No such file or directory" in line for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["cut", "whole"])
def test_the_report_of_pytest_is_written_whole(pytester: pytest.Pytester, kind: str) -> None:
    """A `--contract-report` that finds no space leaves the old one, and pytest ends with 2 and the reason."""
    report = pytester.path / "r.json"
    report.write_text("old")
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))" if kind == "cut" else "pass"
    pytester.makepyfile(
        plug=f"""
        import pytest, resource
        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionfinish(session):
            {limit}
    """
    )
    with MockGateway(secret="s3cret") as gateway, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TYK_GW_SECRET", "s3cret")
        done = pytester.runpytest_subprocess(
            "-p", "plug", "--pyargs", "contract_tests", "-k", "test_get_policy", f"--gateway-url={gateway.url}",
            "--gateway-read-only", f"--contract-report={report}", *LEAN,
        )  # fmt: skip
    if kind == "cut":
        assert done.ret == 2
        assert "r.json: not written, and as it was before: File too large" in done.stderr.str()
        assert report.read_text() == "old"
    else:
        assert json.loads(report.read_text())["conforms"] is True
