"""The answers of providers of access tokens: the claims of tokens, and their key sets.

Source: gateway/mw_external_oauth.go:162 and :366 @v5.12.0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

MOST_KEPT = 10_000  # documents; a gateway keeps those of tokens in its Redis
MOST_BYTES = 32 << 20  # of the texts of all documents, and of what they tell of


class IntrospectionCache:
    """Documents by a kind, and the token or the URL that they tell of."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._documents: dict[
            tuple[str, str], tuple[dict[str, Any], float, int]
        ] = {}  # until when, and bytes
        self._bytes = 0

    def get(self, subject: tuple[str, str]) -> dict[str, Any] | None:
        """The document of a subject; None if it must be asked for."""
        document, until, _ = self._documents.get(subject, ({}, 0.0, 0))
        return document if until > self._now() else None

    def keep(self, subject: tuple[str, str], document: dict[str, Any], seconds: int, size: int) -> None:
        """Keep a document of this many bytes for some seconds, or for ever if there are none.

        The oldest ones go beyond `MOST_KEPT` and `MOST_BYTES`.
        """
        self._drop(subject)
        size += len(subject[1])
        while self._documents and (len(self._documents) >= MOST_KEPT or self._bytes + size > MOST_BYTES):
            self._drop(next(iter(self._documents)))
        self._documents[subject] = document, self._now() + seconds if seconds > 0 else math.inf, size
        self._bytes += size

    def _drop(self, subject: tuple[str, str]) -> None:
        self._bytes -= self._documents.pop(subject, ({}, 0.0, 0))[2]

    def clear(self) -> None:
        """Forget all documents."""
        self._documents.clear()
        self._bytes = 0
