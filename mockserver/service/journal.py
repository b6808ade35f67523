"""The journal of a mock: its latest requests and replies, within a budget of entries and of bytes."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Iterator

from mockserver.http.messages import Reply, Request
from mockserver.service.journal_entry import Entry
from mockserver.service.journal_parts import MAX_PART, ProxiedReply, Secrets, cut, size_of
from mockserver.service.reached import Reached

MAX_ENTRIES = 1000
MAX_BYTES = 32 << 20  # of all entries together
SMALL = 8 << 10  # bytes of an entry that is not counted, for the budget has room for `MAX_ENTRIES` of them


class Journal:
    """The latest entries, oldest first: at most `MAX_ENTRIES`, with at most `max_bytes` together."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self._numbers = itertools.count(1)
        self._budget = max_bytes - MAX_ENTRIES * SMALL
        self._counted = 0  # bytes, at least, of the entries that are not small
        self._lock = threading.Lock()

    def note(self, time: float, request: Request, reply: Reply, reached: Reached, secrets: Secrets) -> None:
        """Add an entry; the oldest ones are removed if the journal is full."""
        size = request.head.size + len(request.body) + len(reply.body)
        if size > SMALL or type(reply) is ProxiedReply:
            self._note_counted(time, request, reply, reached, secrets)
        else:
            number = next(self._numbers)
            self._entries.append(Entry(time, request, reply, reached, secrets, number, size))

    def _note_counted(
        self, time: float, request: Request, reply: Reply, reached: Reached, secrets: Secrets
    ) -> None:
        size, is_complete = size_of(request, reply), True
        if size > MAX_PART:  # else no part can be too long
            whole, (request, reply) = (request, reply), cut(request, reply, secrets)
            size, is_complete = size_of(request, reply), (request, reply) == whole
        number = next(self._numbers)
        with self._lock:
            self._entries.append(Entry(time, request, reply, reached, secrets, number, size, is_complete))
            self._counted += size
            if self._counted > self._budget:
                self._make_room()

    def _make_room(self) -> None:
        """Count anew, for entries may have gone, and remove the oldest ones over seven eighths of the budget.

        What is left of the budget saves a count for each of the next entries.
        """
        total = sum(entry.size for entry in self._entries.copy())
        while self._entries and total > self._budget * 7 // 8:
            total -= self._entries.popleft().size
        self._counted = total

    @property
    def dropped(self) -> int:
        """The number of entries that newer ones have replaced since the journal was cleared."""
        entries = self._entries.copy()
        return max((entry.number for entry in entries), default=0) - len(entries)

    def of(self, operation: str) -> list[Entry]:
        """The entries of the requests for one operation, whether they reached it or not."""
        return [entry for entry in self if entry.operation == operation]

    def clear(self) -> None:
        """Remove all entries, and count anew."""
        with self._lock:
            self._entries.clear()
            self._numbers = itertools.count(1)
            self._counted = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.copy())

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Entry:
        return self._entries[index]

    def __repr__(self) -> str:
        return f"<Journal of {len(self)} {'request' if len(self) == 1 else 'requests'}>"

    def __str__(self) -> str:
        """The entries, a line each."""
        return "\n".join(map(repr, self))
