"""How far a request has been handed from API to API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class LoopState:
    """The loops of a request.

    Attributes:
        passes: how often the request was handed on, to the same API or to another one.
        levels: how often that was done by a rewritten URL.
        limit: how often that may be done; 0 for the default.
        is_own: True once the API has handed the request to itself.
        counts: False if the request does not count against limits any more.
    """

    passes: int = 0
    levels: int = 0
    limit: int = 0
    is_own: bool = False
    counts: bool = True
