"""Files of policies and API definitions in a directory, as a real gateway leaves it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from mockserver.storage.backend import NoStorage, Refused
from mockserver.storage.directory_lock import DirectoryLock
from mockserver.storage.file_names import inside, resolve_link
from mockserver.storage.file_writer import FileWriter, remove_leftovers
from mockserver.storage.files import LazyText
from mockserver.storage.overwriting import overwritable
from mockserver.storage.snapshot import Fingerprint, Kind, Snapshot, content_of

Checked = Callable[[bytes], bytes]  # the content of a file; raises OSError for one that is not to be read


class _Change(NamedTuple):
    """The change that the mock made at one path.

    Attributes:
        before: what stood there before; of several writes in a row, before the first of them.
        left: the fingerprint of what the mock left there.
    """

    before: Snapshot
    left: Fingerprint


class DirectoryFiles:
    """Files in a directory on disk, written by renaming, so that a crash leaves no incomplete file.

    Symbolic links in the directory are followed, as by a gateway. What cannot be read is left out, with a
    warning, and so is a file that `checked` refuses.

    With `own_only`, it reads only the files that it has written itself: a gateway with a record file
    writes policies to its working directory, whose other files are not policies. With `fsync`, a write
    that has returned outlives a loss of power.
    """

    def __init__(
        self, path: Path, *, own_only: bool = False, fsync: bool = False, checked: Checked | None = None
    ) -> None:
        self.path = path
        self._checked = checked
        self._unread: dict[str, str] = {}  # the reasons of the last reading by name
        self._own_only = own_only
        self._fsync = fsync
        self._writer = FileWriter(fsync=fsync)
        self._changes: dict[str, _Change] = {}  # by path
        # one thread at a time uses the directory: no read sees half of a write, no reset parts a write
        # from its record
        self._lock = threading.Lock()
        self._directory_lock = DirectoryLock(path)
        with self._directory_lock.exclusive() as exclusive:
            if exclusive:
                remove_leftovers(path)

    def write(self, name: str, text: LazyText) -> None:
        path = inside(self._root(), name, os.path)
        try:
            data = text().encode()
            with self._lock, self._directory_lock.exclusive() as exclusive:
                # others could read half of what is overwritten, and a loss of power could tear it
                file = overwritable(path, len(data)) if exclusive and not self._fsync else None
                target = path if file else resolve_link(path)
                before = file.before if file else Snapshot.of(target)
                try:
                    if not (file and file.overwrite(data)):
                        self._writer.write(target, data)
                except OSError:
                    if (after := Snapshot.of(target)) != before:  # half of the file was written
                        self._record(target, before, after)
                    raise
                self._record(target, before, Snapshot(Kind.FILE, data))
        except (OSError, ValueError) as error:
            raise Refused(name) from error

    def delete(self, name: str) -> None:
        target = inside(self._root(), name, os.path)
        try:
            with self._lock:
                before = Snapshot.of(target)
                self._writer.remove(target)
                self._record(target, before, Snapshot(Kind.ABSENT))
        except (OSError, ValueError) as error:
            raise Refused(name) from error

    def read(self) -> list[tuple[str, bytes]]:
        with self._lock:
            self._directory_lock.share()
        try:
            names = sorted(name for name in os.listdir(self.path) if name.endswith(".json"))
        except OSError:
            return []
        contents, unread = [], {}
        for name in names:
            path = self.path / name
            if self._own_only and resolve_link(os.path.abspath(path)) not in self._changes:
                continue
            try:
                with self._lock:
                    data = content_of(path)
                contents.append((name, self._checked(data) if self._checked else data))
            except OSError as error:
                unread[name] = error.strerror or "it cannot be read"
        self._unread = unread
        return contents

    def get(self, name: str) -> bytes | None:
        root = os.path.abspath(self.path)
        try:
            path = inside(root, name, os.path)
            is_hidden = self._own_only and resolve_link(path) not in self._changes
            if is_hidden or os.path.dirname(path) != root:
                return None
            with self._lock:
                data = content_of(path)
            return self._checked(data) if self._checked else data
        except (OSError, ValueError):
            return None

    def restore(self) -> list[str]:
        left = []
        with self._lock:
            while self._changes:
                path, change = self._changes.popitem()
                try:
                    now = Snapshot.of(path).fingerprint
                    if now == change.before.fingerprint:
                        continue
                    if now == change.left:
                        change.before.put_back(path, self._writer)
                    else:
                        left.append(f"{path!r} was changed by others after the mock wrote it, and is left so")
                except OSError as error:
                    left.append(f"{path!r} could not be restored: {error.strerror}")
        return sorted(left)

    def warnings(self) -> list[str]:
        lines = [f"{self.path / name}: {reason}; it is not loaded" for name, reason in self._unread.items()]
        with self._lock, self._directory_lock.exclusive() as exclusive:
            if exclusive or not self.path.is_dir():
                return lines
        return [
            f"{self.path}: another mock uses this directory too; each loads it at its own reloads",
            *lines,
        ]

    def _record(self, path: str, before: Snapshot, after: Snapshot) -> None:
        """Record a change; what others wrote since the last one is what a reset brings back."""
        if Kind.OTHER in (before.kind, after.kind):
            return
        last = self._changes.get(path)
        if last is not None and last.left == before.fingerprint:
            before = last.before
        self._changes[path] = _Change(before, after.fingerprint)

    def _root(self) -> str:
        root = os.path.abspath(self.path)
        if not os.path.isdir(root):
            raise NoStorage(root)
        return root
