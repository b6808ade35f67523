"""The keys of the control plane, as data planes ask for them by the names of its Redis."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass

from mockserver.dashboard.keys import Keys
from mockserver.dashboard.replies import Refusal
from mockserver.golang.rpc.errors import CallRefused

MOST_VALUES = 10_000  # that planes have set; the oldest are forgotten
LONGEST_VALUE = 1024  # characters of such a value and its name together; a gateway's has 21
_QUERIES = ("", "?hashed=true")  # a name may have the key or its hash
_SESSION = "apikey-"  # begins the name of a key's session; then the key, or its hash


@dataclass(frozen=True)
class _Value:
    text: str
    expires: float | None  # seconds since the epoch


class KeyStorage:
    """Sessions of keys, which the gateway of the control plane has, and values that planes set.

    An organisation sees neither the sessions nor the values of another one.
    """

    def __init__(self, keys: Keys, now: Callable[[], float]) -> None:
        self._keys = keys
        self._now = now
        self._lock = threading.Lock()
        self._values: dict[tuple[str, str], _Value] = {}

    def get(self, org_id: str, name: str) -> str | None:
        """The value with a name as text; None if there is none."""
        if name.startswith(_SESSION):
            return self._session(org_id, name.removeprefix(_SESSION))
        value = self._valid(org_id, name)
        return value.text if value else None

    def expiry(self, org_id: str, name: str) -> int:
        """The seconds that a value still has; as Redis, -1 if it never expires, -2 if there is none."""
        value = self._valid(org_id, name)
        if value is None:
            return -1 if self.get(org_id, name) is not None else -2
        return -1 if value.expires is None else round(value.expires - self._now())

    def set(self, org_id: str, name: str, text: str, seconds: int) -> None:
        """Set a value, which expires after so many seconds; never for 0 or less.

        Raises:
            CallRefused: name and value are too long.
        """
        if len(name) + len(text) > LONGEST_VALUE:
            raise CallRefused(f"name and value have more than {LONGEST_VALUE} characters")
        expires = self._now() + seconds if seconds > 0 else None
        with self._lock:
            self._values.pop((org_id, name), None)
            self._values[org_id, name] = _Value(text, expires)
            while len(self._values) > MOST_VALUES:
                del self._values[next(iter(self._values))]

    def delete(self, org_id: str, name: str) -> bool:
        """Remove a value that planes have set, or a session; False if there was none."""
        if name.startswith(_SESSION):
            return self._delete_session(org_id, name.removeprefix(_SESSION))
        with self._lock:
            return self._values.pop((org_id, name), None) is not None

    def clear(self) -> None:
        """Forget the values that planes have set."""
        with self._lock:
            self._values.clear()

    def _valid(self, org_id: str, name: str) -> _Value | None:
        value = self._values.get((org_id, name))
        return value if value and (value.expires is None or value.expires > self._now()) else None

    def _session(self, org_id: str, key: str) -> str | None:
        """The session of a key, or of a hash of one, if it is of the organisation."""
        for query in _QUERIES:
            with contextlib.suppress(Refusal):
                session = self._keys.session(org_id, key, query)
                return json.dumps(session, separators=(",", ":"))
        return None

    def _delete_session(self, org_id: str, key: str) -> bool:
        for query in _QUERIES:
            with contextlib.suppress(Refusal):
                self._keys.session(org_id, key, query)
                self._keys.delete(org_id, key, query)
                return True
        return False
