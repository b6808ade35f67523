"""A backend in a directory, for the state of one mock that outlives its process."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from mockserver.storage.backend import IsOwn, KeyValueMap, MemoryBackend
from mockserver.storage.directory_lock import DirectoryLock
from mockserver.storage.file_writer import FileWriter, remove_leftovers
from mockserver.storage.snapshot import content_of

NAME_MAX = 200  # bytes of a file's name without its ending
PRIVATE = 0o600  # the mode of a file, which may have access keys


class StateError(OSError):
    """A directory that cannot be used; the message names it and the next step."""


class DirectoryBackend(MemoryBackend):
    """A backend whose maps of values are kept in a directory, which no other mock may use meanwhile.

    Files of policies (`files`) stay in memory.

    Raises:
        StateError: the directory cannot be made, read or locked, or a file in it is no JSON.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._documents: dict[str, DocumentDirectory] = {}
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StateError(f"{path}: {error.strerror}; give another directory") from error
        self._lock = DirectoryLock(path)
        with self._lock.exclusive() as exclusive:
            if not exclusive:
                raise StateError(f"{path}: another mock uses this directory; stop it, or give another one")

    def close(self) -> None:
        """Let other mocks use the directory."""
        self._lock.release()

    def clear(self) -> None:
        super().clear()
        for documents in self._documents.values():
            documents.clear()

    def key_values(self, name: str, is_own: IsOwn) -> KeyValueMap:
        if name not in self._documents:
            self._documents[name] = DocumentDirectory(self._path / quote(name, safe=""), is_own)
        return self._documents[name]


class DocumentDirectory:
    """A map in a directory: a file of JSON for each key. A file is replaced whole, or not at all.

    Raises:
        StateError: the directory cannot be made or read, or what is there as *.json is no file or no JSON.
    """

    def __init__(self, path: Path, is_own: IsOwn) -> None:
        self._path = path
        self._writer = FileWriter()
        self._lock = threading.Lock()
        try:
            path.mkdir(mode=0o700, exist_ok=True)
            self._values = {
                unquote(file.name.removesuffix(".json")): _read(file, is_own)
                for file in sorted(path.glob("*.json"))
            }
            remove_leftovers(path)
        except StateError:
            raise
        except OSError as error:
            raise StateError(f"{path}: {error.strerror or error}; correct or remove it") from error

    def get(self, name: str, default: Any = None, /) -> Any:
        """The value of a key, or the default."""
        return self._values.get(name, default)

    def __setitem__(self, name: str, value: Any, /) -> None:
        with self._lock:
            data = json.dumps(value, separators=(",", ":")).encode()
            self._writer.write(str(self._file(name)), data, mode=PRIVATE)
            self._values[name] = value

    def pop(self, name: str, default: Any, /) -> Any:
        """Remove a key and return its value."""
        with self._lock:
            if name in self._values:
                self._file(name).unlink(missing_ok=True)
            return self._values.pop(name, default)

    def copy(self) -> dict[str, Any]:
        """A snapshot of all keys and values."""
        return self._values.copy()

    def clear(self) -> None:
        """Remove all keys, and no other file of the directory."""
        with self._lock:
            for name in self._values:
                self._file(name).unlink(missing_ok=True)
            self._values = {}

    def _file(self, name: str) -> Path:
        file = quote(name, safe="", errors="surrogatepass")
        if len(file) > NAME_MAX:
            raise StateError(f"the name {name[:40]!r}... is too long for a file")
        return self._path / f"{file}.json"


def _read(file: Path, is_own: IsOwn) -> Any:
    if not file.is_file():  # to read a pipe or a device might never end
        raise StateError(f"{file}: not a file; move it away")
    try:
        value = json.loads(content_of(file))
    except OSError as error:
        raise StateError(f"{file}: {error.strerror or error}; correct or remove it") from error
    except (ValueError, RecursionError) as error:
        raise StateError(f"{file}: not valid JSON: {error}; correct or remove it") from error
    try:
        fits = is_own(value)
    except ValueError:
        fits = False
    if not fits:
        raise StateError(f"{file}: not a document of this mock; correct or remove it")
    return value
