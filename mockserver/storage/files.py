"""Files of policies and API definitions, and their form in memory."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Protocol

from mockserver.storage.backend import KeyValueMap, Refused
from mockserver.storage.file_names import inside

NAME_MAX = 255  # bytes of a file name on Linux

LazyText = Callable[[], str]  # encodes the text of a file when it is needed


class Files(Protocol):
    """A directory of *.json files, whose changes by the mock `restore` undoes."""

    def write(self, name: str, text: LazyText) -> None:
        """Write `name`.json, completely or not at all. Raises NoStorage or Refused."""

    def delete(self, name: str) -> None:
        """Remove `name`.json. Raises NoStorage or Refused."""

    def read(self) -> list[tuple[str, bytes]]:
        """The name and content of each *.json file, sorted by name; empty if there is no directory."""

    def get(self, name: str) -> bytes | None:
        """The content of `name`.json; None if there is no such file."""

    def restore(self) -> list[str]:
        """Undo all writes and deletions; return a line for each file that others have changed since.

        Such a file stays as it is, and is no file of the mock any more.
        """

    def warnings(self) -> list[str]:
        """The warnings about the directory for the user, a line each."""


def snapshot(files: Files) -> Callable[[], None]:
    """A function that brings back the present files, by writes and deletions."""
    contents = dict(files.read())

    def put_back() -> None:
        present = dict(files.read())
        for file in present.keys() - contents.keys():
            files.delete(file.removesuffix(".json"))
        for file, data in contents.items():
            if present.get(file) != data:
                files.write(file.removesuffix(".json"), data.decode)

    return put_back


class MemoryFiles:
    """Files in a key-value map; the allowed and refused names are those of a directory."""

    def __init__(self, files: KeyValueMap | None = None) -> None:
        self._files: KeyValueMap = {} if files is None else files

    def write(self, name: str, text: LazyText) -> None:
        file = self._resolve(name)
        if len(file.encode("utf-8", "surrogateescape")) > NAME_MAX:
            raise Refused(name)
        self._files[file] = text

    def delete(self, name: str) -> None:
        if self._files.pop(self._resolve(name), None) is None:
            raise Refused(name)

    def read(self) -> list[tuple[str, bytes]]:
        contents = []
        for name, text in self._files.copy().items():
            data = text if isinstance(text, bytes) else text().encode()
            if data is not text and self._files.get(name) is text:  # else another thread has replaced it
                self._files[name] = data
            if name.endswith(".json"):
                contents.append((name, data))
        return sorted(contents)

    def get(self, name: str) -> bytes | None:
        try:
            text = self._files.get(self._resolve(name))
        except Refused:
            return None
        return text if text is None or isinstance(text, bytes) else text().encode()

    def restore(self) -> list[str]:
        """Do nothing: the reset of a mock clears all maps of its backend."""
        return []

    def warnings(self) -> list[str]:
        return []

    def _resolve(self, name: str) -> str:
        file = inside("/policies", name)
        if posixpath.dirname(file) != "/policies":
            raise Refused(name)
        return posixpath.basename(file)
