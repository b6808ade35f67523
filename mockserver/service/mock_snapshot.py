"""A snapshot of the state of a mock: what was written and loaded, to bring back later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mockserver.service.mock import Mock
from mockserver.storage.backend import MemoryBackend

PutBack = Callable[[], None]  # brings back the state of a service that is not in the backend


class SnapshotError(ValueError):
    """A mock that no snapshot can be taken of, or a snapshot that it cannot restore; the message says why."""


@dataclass(frozen=True)
class Snapshot:
    """The state of a mock at some time, but for faults, journal and clock."""

    _mock: Mock
    _put_backs: tuple[PutBack, ...]

    @classmethod
    def of(cls, *mocks: Mock) -> Snapshot:
        """The present state of mocks that belong together; the first one is told to restore it.

        Raises:
            SnapshotError: other mocks share the storage.
        """
        put_backs: list[PutBack] = []
        for mock in mocks:
            if not isinstance(mock.backend, MemoryBackend):
                raise SnapshotError("others share the storage of this mock; start one without a store")
            put_backs += [mock.backend.snapshot(), *(service.state.snapshot() for service in mock.services)]
        return cls(mocks[0], tuple(put_backs))

    def __repr__(self) -> str:
        return "<Snapshot>"

    def is_of(self, mock: Mock) -> bool:
        """True if the mock is the one that the snapshot was taken of."""
        return self._mock is mock

    def put_back(self) -> None:
        """Bring the state back."""
        for put_back in self._put_backs:
            put_back()
