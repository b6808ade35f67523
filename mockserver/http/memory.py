"""The memory that clients make a server keep: unfinished requests, and answers that are not read."""

from __future__ import annotations

from mockserver.http.limits import Limits


class Memory:
    """The bytes that all connections of a server make it keep.

    Attributes:
        held: their number.
    """

    def __init__(self) -> None:
        self.held = 0


class Share:
    """The part of one connection in the memory of its server."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.held = 0

    def change(self, received: int, unsent: int, limits: Limits) -> bool:
        """Note how many bytes are kept now; returns False if they have become more than they may.

        An answer may be as long as it is; only those that others do not read count.
        """
        held = received + unsent
        grown, self.held = held - self.held, held
        self._memory.held += grown
        if grown <= 0 or held <= limits.share:
            return True
        return self._memory.held - unsent <= limits.held

    def release(self) -> None:
        """Note that nothing is kept any more."""
        self._memory.held -= self.held
        self.held = 0
