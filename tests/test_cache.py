"""The cache of generated requests on disk."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from contract_tests.engine import cache, generated_requests
from contract_tests.gateway import generated
from mockserver.contract import spec_files


@pytest.fixture(autouse=True)
def _cache_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))


@pytest.mark.parametrize("value", [[1, 2.0, True, None], {"a": {"b": "é"}}])
def test_a_value_is_recalled_as_it_was_stored(value: Any) -> None:
    """A value that JSON can hold is recalled by its name and its source."""
    cache.store("some", b"source", value)
    assert str(cache.recall("some", b"source")) == str(value)


def test_a_value_of_another_source_is_not_recalled() -> None:
    """A value counts for the source that it was generated from, and no other."""
    cache.store("some", b"source", 1)
    assert cache.recall("some", b"another") is None


@pytest.mark.parametrize("value", [{1: "x"}, float("nan"), (1,), b"x", object()])
def test_a_value_that_json_would_change_is_not_stored(value: Any) -> None:
    """A tuple would be recalled as a list, a number as key as a text."""
    cache.store("some", b"source", value)
    assert cache.recall("some", b"source") is None


@pytest.mark.parametrize("content", [b"", b"\xff", b"{}", b"the digest\n{"])
def test_a_broken_file_is_replaced(content: bytes) -> None:
    """A file that is truncated or foreign counts as none, and the next value takes its place."""
    cache.store("some", b"source", 1)
    (file,) = cache.directory().iterdir()
    digest, _, _ = file.read_bytes().partition(b"\n")
    file.write_bytes(content.replace(b"the digest", digest))
    assert cache.recall("some", b"source") is None
    cache.store("some", b"source", 2)
    assert cache.recall("some", b"source") == 2


def test_no_partial_file_is_left() -> None:
    """A value is written beside its place and moved there."""
    cache.store("some", b"source", 1)
    assert [path.name for path in cache.directory().iterdir()] == ["some.json"]


def test_a_directory_that_cannot_be_written_is_left_alone(tmp_path: Path) -> None:
    """Storing fails silently, for nothing depends on it."""
    (tmp_path / "cache").write_text("a file, no directory", "utf-8")
    cache.store("some", b"source", 1)
    assert cache.recall("some", b"source") is None


def test_a_user_needs_no_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a home directory nothing is stored, and nothing fails."""

    def nowhere(path: Path) -> Path:
        raise RuntimeError(f"no home for {path}")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA")
    monkeypatch.setattr(Path, "expanduser", nowhere)
    cache.store("some", b"source", 1)
    assert cache.recall("some", b"source") is None


def test_requests_are_generated_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Requests come from the cache until a source or a library that decides on them has changed."""
    version = str(spec_files.default_version())
    generated.main(version)
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    def started(*_: Any, **__: Any) -> None:
        raise ChildProcessError

    monkeypatch.setattr(subprocess, "Popen", started)
    generator = generated.generator.__wrapped__(version)
    assert printed == [[subject, mode, generator.data(subject, mode)] for subject, mode, _ in printed]
    monkeypatch.setattr(generated_requests.metadata, "version", lambda name: f"another {name}")
    with pytest.raises(ChildProcessError):
        generated.generator.__wrapped__(version)
