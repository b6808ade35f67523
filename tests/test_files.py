"""Policy files in memory and in a directory."""

from __future__ import annotations

import errno
import os
import stat
import string
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.storage import file_writer
from mockserver.storage.backend import NoStorage, Refused
from mockserver.storage.directory_files import DirectoryFiles
from mockserver.storage.files import Files, MemoryFiles

NAMES = st.text(st.sampled_from("ab./\\ é\0%" + string.digits), max_size=8) | st.sampled_from(
    ["n" * 250, "n" * 251, "é" * 125, "é" * 126, "..", ".", "../x", "a/../b", "/", "//x", ""]
)


def _outcome(store: Files, kind: str, name: str) -> str:
    try:
        store.write(name, lambda: f"text of {name!r}") if kind == "write" else store.delete(name)
    except Refused:
        return "refused"
    return "done"


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=200,
    deadline=None,
)
@given(st.lists(st.tuples(st.sampled_from(["write", "write", "delete"]), NAMES), max_size=12))
def test_memory_behaves_like_a_directory(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    """Files in memory accept and refuse the same names as a directory, and have the same contents."""
    memory, directory = MemoryFiles(), DirectoryFiles(tmp_path_factory.mktemp("policies"))
    for kind, name in steps:
        assert _outcome(memory, kind, name) == _outcome(directory, kind, name), (kind, name)
    assert memory.read() == directory.read()


@pytest.mark.parametrize("name", ["../x", "a/../../x", "..", "/../x", "../policies-too/x"])
def test_a_name_never_leaves_the_directory(tmp_path: Path, name: str) -> None:
    """No name writes a file outside the directory, whatever dots and slashes it has."""
    inner = tmp_path / "policies"
    inner.mkdir()
    _outcome(DirectoryFiles(inner), "write", name)
    assert {path.parent for path in tmp_path.rglob("*.json")} <= {inner}


def test_a_missing_directory_is_empty_and_takes_no_files(tmp_path: Path) -> None:
    """A missing directory reads as empty, and writes and deletions raise NoStorage."""
    store = DirectoryFiles(tmp_path / "gone")
    assert store.read() == []
    with pytest.raises(NoStorage):
        store.write("a", lambda: "{}")
    with pytest.raises(NoStorage):
        store.delete("a")


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails half-way leaves the old file, and no other file beside it."""
    store = DirectoryFiles(tmp_path)
    store.write("a", lambda: "old")

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_writer.os, "replace", broken)
    with pytest.raises(Refused):
        store.write("a", lambda: "newer")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.json", "old")]


def test_a_file_of_the_same_length_is_written_in_place(tmp_path: Path) -> None:
    """A text of the same length overwrites the file in place, unless the file has a second hard link."""
    store = DirectoryFiles(tmp_path)
    store.write("a", lambda: "old")
    number = (tmp_path / "a.json").stat().st_ino
    store.write("a", lambda: "new")
    assert (tmp_path / "a.json").read_text() == "new"
    assert (tmp_path / "a.json").stat().st_ino == number
    (tmp_path / "b.json").hardlink_to(tmp_path / "a.json")
    store.write("a", lambda: "six")
    assert (tmp_path / "a.json").read_text() == "six"
    assert (tmp_path / "b.json").read_text() == "new"


def test_a_write_in_place_opens_the_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write in place takes seven calls of the system for files, besides those of the lock."""
    store = DirectoryFiles(tmp_path)
    store.write("a", lambda: "old")
    calls: list[str] = []
    names = ("open", "close", "read", "write", "pread", "pwrite", "stat", "lstat", "fstat", "replace")
    this_thread = threading.get_ident()

    def noted(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            if threading.get_ident() == this_thread:  # others may end meanwhile
                calls.append(name)
            return function(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        for name in names:
            patch.setattr(os, name, noted(name, getattr(os, name)))
        store.write("a", lambda: "new")
    assert calls == ["stat", "stat", "open", "fstat", "pread", "pwrite", "close"]


@pytest.mark.parametrize("call", ["pread", "pwrite"])
def test_a_file_that_cannot_be_overwritten_is_replaced_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """A file that cannot be read for a write in place is replaced; a failing write in place is refused."""
    store = DirectoryFiles(tmp_path)
    store.write("a", lambda: "text of 'b'")

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    descriptors = _open_below(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, broken)
        assert _outcome(store, "write", "a") == ("done" if call == "pread" else "refused")
    assert _open_below(tmp_path) == descriptors
    assert (tmp_path / "a.json").read_text() == ("text of 'a'" if call == "pread" else "text of 'b'")


def _open_below(folder: Path) -> int:
    """The number of descriptors of this process that are open below a folder."""
    targets = [os.path.realpath(entry) for entry in Path("/dev/fd").iterdir()]
    return sum(target.startswith(str(folder)) for target in targets)


def test_a_new_file_has_the_gateways_mode(tmp_path: Path) -> None:
    """A new file has mode 0644 under the usual umask, and an old file keeps its mode."""
    store = DirectoryFiles(tmp_path)
    before = os.umask(0o022)
    try:
        store.write("new", lambda: "{}")
        (tmp_path / "old.json").touch(0o600)
        store.write("old", lambda: "{}")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.json").stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "old.json").stat().st_mode) == 0o600


def test_a_link_is_followed(tmp_path: Path) -> None:
    """A write to a symbolic link changes its target and keeps the link."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "policies" / "a.json").symlink_to(tmp_path / "real.json")
    DirectoryFiles(tmp_path / "policies").write("a", lambda: "new")
    assert (tmp_path / "policies" / "a.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == "new"


def test_only_json_of_the_directory_itself_is_read(tmp_path: Path) -> None:
    """Only names that end in .json are read, by name; a folder of such a name reads as an empty file."""
    for name in ("b.json", ".a.json", "c.JSON", "d.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "e.json").touch()
    (tmp_path / "f.json").mkdir()
    assert DirectoryFiles(tmp_path).read() == [
        (".a.json", b".a.json"), ("b.json", b"b.json"), ("f.json", b""),
    ]  # fmt: skip


def test_two_mocks_of_one_directory_warn_of_each_other(tmp_path: Path) -> None:
    """Both users of a directory warn as long as the other uses it, and neither writes a file in place."""
    one = DirectoryFiles(tmp_path)
    assert one.warnings() == []
    one.write("a", lambda: "old")
    number = (tmp_path / "a.json").stat().st_ino
    other = DirectoryFiles(tmp_path)
    warning = f"{tmp_path}: another mock uses this directory too; each loads it at its own reloads"
    assert one.warnings() == other.warnings() == [warning]
    one.write("a", lambda: "new")
    assert (tmp_path / "a.json").stat().st_ino != number
    assert other.read() == [("a.json", b"new")]
    del other
    assert one.warnings() == []
    number = (tmp_path / "a.json").stat().st_ino
    one.write("a", lambda: "six")
    assert (tmp_path / "a.json").stat().st_ino == number


def test_temporary_files_of_a_killed_mock_are_removed(tmp_path: Path) -> None:
    """The only user of a directory removes temporary files of a killed mock, and no other files."""
    temporary, notes = tmp_path / ".tyk-contract-17-3", tmp_path / ".tyk-contract-notes"
    temporary.write_text("half of")
    notes.write_text("half of")
    first = DirectoryFiles(tmp_path)
    assert not temporary.exists()
    assert notes.exists()
    temporary.write_text("being written")
    DirectoryFiles(tmp_path)
    assert temporary.exists()
    first.restore()


def test_a_directory_that_is_made_again_is_used(tmp_path: Path) -> None:
    """A directory that was removed and made again is written and read."""
    folder = tmp_path / "policies"
    folder.mkdir()
    store = DirectoryFiles(folder)
    store.write("a", lambda: "1")
    (folder / "a.json").unlink()
    folder.rmdir()
    with pytest.raises(NoStorage):
        store.write("a", lambda: "2")
    folder.mkdir()
    store.write("a", lambda: "3")
    store.write("a", lambda: "4")
    assert store.read() == [("a.json", b"4")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    """A write to a link to a device fails with the device's error, and does not replace the device."""
    (tmp_path / "a.json").symlink_to("/dev/full")
    with pytest.raises(Refused) as refused:
        DirectoryFiles(tmp_path).write("a", lambda: "text")
    assert isinstance(refused.value.__cause__, OSError)
    assert refused.value.__cause__.errno == errno.ENOSPC
    assert Path("/dev/full").is_char_device()


@pytest.fixture(name="synced")
def _synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls of fsync and rename, in their order: what was synchronised, or the name of the new file."""
    calls: list[str] = []
    replace, fsync = os.replace, os.fsync

    def noted_replace(source: str, target: str) -> None:
        calls.append(f"rename {Path(target).name}")
        replace(source, target)

    def noted_fsync(descriptor: int) -> None:
        calls.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    monkeypatch.setattr(file_writer.os, "replace", noted_replace)
    monkeypatch.setattr(file_writer.os, "fsync", noted_fsync)
    return calls


def test_a_write_waits_for_the_disk_with_fsync(tmp_path: Path, synced: list[str]) -> None:
    """With `fsync`, the file is on the disk before it is renamed, and its directory before a call returns."""
    store = DirectoryFiles(tmp_path, fsync=True)
    written = ["file", "rename a.json", "directory"]
    store.write("a", lambda: "old")
    assert synced == written
    store.write("a", lambda: "new")  # of the same length: in place it could be torn by a loss of power
    assert synced == written * 2
    store.delete("a")
    assert synced == [*written * 2, "directory"]
    store.write("a", lambda: "1")
    store.restore()
    assert synced == [*written * 2, "directory", *written, "directory", "directory"]


def test_a_write_does_not_wait_for_the_disk(tmp_path: Path, synced: list[str]) -> None:
    """Without `fsync` a write is left to the system, as by a gateway."""
    store = DirectoryFiles(tmp_path)
    store.write("a", lambda: "old")
    store.delete("a")
    assert synced == ["rename a.json"]
