"""Text on a terminal: only printable characters and our own line breaks reach it."""

from __future__ import annotations

import io
import logging
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import QUIET, run_command

from mockserver.console import terminal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("\x1b]0;x\x07", r"\x1b]0;x\x07", id="escape sequence"),
        pytest.param("\x9b2J\x85", r"\x9b2J\x85", id="C1 controls"),
        pytest.param("a\r\nb\tc", r"a\r\nb\tc", id="line breaks"),
        pytest.param("\u2028\u2029\x0b\x0c", r"\u2028\u2029\x0b\x0c", id="line separators"),
        pytest.param("\u202e\u2066\u200f\ufeff", r"\u202e\u2066\u200f\ufeff", id="direction of reading"),
        pytest.param("\ud800\udcff", r"\ud800\udcff", id="surrogates"),
        pytest.param("\U000e0041\x7f\x00", r"\U000e0041\x7f\x00", id="tags and nulls"),
        pytest.param("é 日本 \U0001f600 \\x1b", "é 日本 \U0001f600 \\x1b", id="printable"),
    ],
)
def test_what_is_not_printable_is_escaped(text: str, shown: str) -> None:
    """Each character that could act on a terminal appears as its escape, and all others as they are."""
    assert terminal.printable(text) == shown


@given(st.text(st.characters()))
def test_any_text_is_one_printable_line(text: str) -> None:
    """Any text becomes one printable line, which can be encoded and stays the same if it is done again."""
    line = terminal.printable(text)
    assert line.isprintable()
    assert terminal.printable(line) == line
    assert line.encode().decode() == line


def test_lines_are_shown_as_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """A line break within a line cannot imitate a line of ours; no lines show nothing."""
    terminal.show("a\nconforms: 0 failed", "b")
    terminal.show()
    terminal.show_error("\x1b[2J")
    assert capsys.readouterr() == ("a\\nconforms: 0 failed\nb\n", "\\x1b[2J\n")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("is_guarded", [False, True], ids=["plain", "guarded"])
def test_progress_is_written_over(monkeypatch: pytest.MonkeyPatch, is_guarded: bool) -> None:
    """The line of progress moves the cursor of a terminal, also of a guarded one, and its text does not."""
    stream = _Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    if is_guarded:
        terminal.guard()
    terminal.show_progress("3 of 4\x1b[A\n")
    terminal.show_progress("")
    assert stream.getvalue() == "\r\033[K3 of 4\\x1b[A\\n\r\033[K"


def test_progress_is_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    """No line of progress goes to what is no terminal."""
    terminal.show_progress("3 of 4")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_libraries_write_printable_lines(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """What libraries log or write appears with escapes, in lines, whatever the encoding can hold."""
    data = io.BytesIO()
    stream = io.TextIOWrapper(data, encoding, errors="strict", write_through=True)
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", stream)
    terminal.guard()
    terminal.guard()  # twice is once
    handler = logging.StreamHandler(sys.stderr)
    handler.emit(logging.LogRecord("x", 40, "x", 1, "\x1b[2J é \ud800\nnext", None, None))
    shown = "é" if encoding != "ascii" else "\\xe9"
    assert data.getvalue().decode(encoding) == f"\\x1b[2J {shown} \\ud800\nnext\n"


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("raise RuntimeError('\\x1b[2J')", id="traceback"),
        pytest.param("import warnings; warnings.warn('\\x1b[2J')", id="warning"),
        pytest.param("import logging; logging.error('\\x1b[2J')", id="log"),
    ],
)
def test_a_process_is_guarded_to_its_end(program: str) -> None:
    """Tracebacks, warnings and logs of a guarded process are printable, without a handler of ours."""
    code = f"from mockserver.console import terminal; terminal.guard(); exec({program!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=QUIET, check=False, timeout=60
    )
    assert b"\\x1b[2J" in done.stderr
    assert b"\x1b" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["serve", "\x1b[2J\udcff"], id="argument"),
        pytest.param(["why", "--policies", "/\x1b[2J\udcff", "--session", "-"], id="path"),
        pytest.param(["explain", "\x1b[2J\udcff"], id="id"),
        pytest.param(["verify", "ftp://h/\x1b[2J\udcff"], id="URL"),
        pytest.param(["verify", "--report", "/\x1b[2J\udcff/r.json"], id="report"),
        pytest.param(["parity", "/\x1b[2J\udcff"], id="recording"),
    ],
)
@pytest.mark.parametrize("encoding", ["ascii:strict", "utf-8:strict"])
def test_odd_arguments_are_named_with_escapes(arguments: list[str], encoding: str) -> None:
    """A command names an odd argument with escapes and ends with 2, whatever the terminal can show."""
    done = run_command(*arguments, PYTHONIOENCODING=encoding)
    assert done.returncode == 2, done.stderr
    assert "x1b[2J" in done.stderr
    assert done.stderr.replace("\n", "").isprintable()
    assert "Traceback" not in done.stderr
