"""What providers of access tokens told: the claims of tokens, and their key sets.

Source: gateway/mw_external_oauth.go:162 and :366 @v5.12.0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

MOST_KEPT = 10_000  # documents; a gateway keeps those of tokens in its Redis


class IntrospectionCache:
    """Documents by a kind, and the token or the URL that they tell of."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._documents: dict[tuple[str, str], tuple[dict[str, Any], float]] = {}  # and until when

    def get(self, subject: tuple[str, str]) -> dict[str, Any] | None:
        """The document of a subject; None if it must be asked for."""
        document, until = self._documents.get(subject, ({}, 0.0))
        return document if until > self._now() else None

    def keep(self, subject: tuple[str, str], document: dict[str, Any], seconds: int) -> None:
        """Keep a document for some seconds, or for ever if there are none."""
        self._documents.pop(subject, None)
        if len(self._documents) >= MOST_KEPT:
            del self._documents[next(iter(self._documents))]
        self._documents[subject] = document, self._now() + seconds if seconds > 0 else math.inf

    def clear(self) -> None:
        """Forget all documents."""
        self._documents.clear()
