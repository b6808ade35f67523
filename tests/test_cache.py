"""The cache of generated requests on disk."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable
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


def test_the_directory_is_private() -> None:
    """No other user can read or write the directory."""
    before = os.umask(0)
    try:
        cache.store("some", b"source", 1)
    finally:
        os.umask(before)
    assert stat.S_IMODE(cache.directory().stat().st_mode) == 0o700


def _writable_by_others(folder: Path, patch: pytest.MonkeyPatch) -> None:
    folder.chmod(0o777)


def _of_another_user(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)


def _a_link(folder: Path, patch: pytest.MonkeyPatch) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(folder.with_name("elsewhere"))


@pytest.mark.parametrize("change", [_writable_by_others, _of_another_user, _a_link])
def test_a_directory_that_others_may_have_filled_is_left_alone(
    change: Callable[[Path, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that others own or can write to is neither read nor written, nor one behind a link."""
    cache.store("some", b"source", 1)
    change(cache.directory(), monkeypatch)
    assert cache.recall("some", b"source") is None
    cache.store("other", b"source", 2)
    assert [path.name for path in cache.directory().iterdir()] == ["some.json"]


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    """A link in the place of a value is replaced by the value, and what it leads to stays."""
    (tmp_path / "victim").write_text("mine")
    cache.store("other", b"source", 1)
    (cache.directory() / "some.json").symlink_to(tmp_path / "victim")
    cache.store("some", b"source", 2)
    assert (tmp_path / "victim").read_text() == "mine"
    assert cache.recall("some", b"source") == 2


def test_a_relative_place_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative XDG_CACHE_HOME, which would lead into the working directory, counts as none."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert cache.directory() == tmp_path / ".cache" / "tyk-contract"


def test_a_user_needs_no_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a home directory nothing is stored, and nothing fails."""

    def nowhere(path: Path) -> Path:
        raise RuntimeError(f"no home for {path}")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA")
    monkeypatch.setattr(Path, "expanduser", nowhere)
    cache.store("some", b"source", 1)
    assert cache.recall("some", b"source") is None


@pytest.mark.slow
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
