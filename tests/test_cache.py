"""What is kept on disk for the next start."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from contract_tests.engine import generated_requests
from mockserver import cache
from mockserver.contract import spec_files


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    file = tmp_path / "some.yaml"
    file.write_text("a: [1, 2.0, true, null]", "utf-8")
    return file


def test_a_file_is_parsed_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = spec_files.load_yaml(file)
    monkeypatch.delattr(spec_files, "_parsed")
    assert str(spec_files.load_yaml(file)) == str(first) == "{'a': [1, 2.0, True, None]}"


def test_a_file_that_changed_is_parsed_anew(file: Path) -> None:
    spec_files.load_yaml(file)
    file.write_text("a: 2", "utf-8")
    assert spec_files.load_yaml(file) == {"a": 2}


@pytest.mark.parametrize("text", ["1: x", "a: 2026-11-22", "a: .nan", "- &a [1]\n- *a"])
def test_what_json_would_change_stays_as_it_is(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")
    parsed = spec_files._parsed(file, text.encode())
    assert [repr(spec_files.load_yaml(file)) for _ in range(2)] == [repr(parsed)] * 2


@pytest.mark.parametrize("kept", [b"", b"\xff", b"{}", b"the digest\n{"])
def test_a_torn_file_is_made_anew(file: Path, kept: bytes) -> None:
    first = spec_files.load_yaml(file)
    (there,) = cache.directory().iterdir()
    digest, _, _ = there.read_bytes().partition(b"\n")
    there.write_bytes(kept.replace(b"the digest", digest))
    assert spec_files.load_yaml(file) == first
    assert json.loads(there.read_bytes().partition(b"\n")[2]) == first


def test_nothing_is_left_half_done(file: Path) -> None:
    spec_files.load_yaml(file)
    assert [path.name for path in cache.directory().iterdir()] == ["some.yaml.json"]


def test_a_place_that_cannot_be_written_is_left_alone(file: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, no directory", "utf-8")
    assert spec_files.load_yaml(file) == spec_files.load_yaml(file)


def test_nobody_needs_a_home(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(path: Path) -> Path:
        raise RuntimeError(f"no home for {path}")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA")
    monkeypatch.setattr(Path, "expanduser", nowhere)
    assert spec_files.load_yaml(file) == spec_files.load_yaml(file)


def test_requests_are_generated_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And again when what decides on them has changed."""
    version = str(spec_files.default_version())
    generated_requests.main(version)
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    def started(*_: Any, **__: Any) -> None:
        raise ChildProcessError

    monkeypatch.setattr(subprocess, "Popen", started)
    maker = generated_requests.Maker(version)
    assert printed == [[what, mode, maker.made(what, mode)] for what, mode, _ in printed]
    monkeypatch.setattr(generated_requests.metadata, "version", lambda name: f"another {name}")
    with pytest.raises(ChildProcessError):
        generated_requests.Maker(version)
