"""One file by its name, and snapshots of files, in memory and in a directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.storage.directory_files import DirectoryFiles
from mockserver.storage.files import Files, MemoryFiles, snapshot


@pytest.fixture(name="files", params=["memory", "directory"])
def _files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    """Files in memory, or in a directory below which nothing else is."""
    return MemoryFiles() if request.param == "memory" else DirectoryFiles(tmp_path)


def test_a_file_is_found_by_its_name(files: Files) -> None:
    """A file has its content by the name that it was written with; other names, and odd ones, have none."""
    files.write("gold", lambda: "1")
    assert files.get("gold") == files.get("a/../gold") == b"1"
    for name in ("silver", "gold.json", "../gold", "a/gold", "a\0b", "", "x" * 300):
        assert files.get(name) is None


def test_a_foreign_file_is_no_file_of_a_working_directory(tmp_path: Path) -> None:
    """Of a working directory only the files count that the mock has written."""
    (tmp_path / "foreign.json").write_text("{}")
    files = DirectoryFiles(tmp_path, own_only=True)
    files.write("own", lambda: "1")
    assert (files.get("own"), files.get("foreign")) == (b"1", None)
    assert DirectoryFiles(tmp_path).get("foreign") == b"{}"


def test_a_snapshot_puts_files_back(files: Files) -> None:
    """A snapshot removes what is new, and brings back what was changed or deleted, as often as asked."""
    for name in ("changed", "deleted", "same"):
        files.write(name, lambda: "before")
    put_back = snapshot(files)
    before = files.read()
    for _ in range(2):
        files.write("changed", lambda: "after")
        files.delete("deleted")
        files.write("new", lambda: "after")
        put_back()
        assert files.read() == before
