"""A cache of match results that reproduces a defect of the gateway's cache."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mockserver.gateway.config import Config
from mockserver.golang import regexps
from mockserver.golang.urls import as_bytes

SECONDS = 60  # if regexp_cache_expire is 0 (regexp/cache.go:11 @v5.12.0)
_LONGEST_KEY = 1024  # bytes
_MOST_RESULTS = 5000  # internal/cache/eviction.go:11 @v5.14.0; older releases have no such limit


class MatchCache:
    """A cache of match results; the key is the concatenation of expression and text.

    Another pair with the same concatenation gets the cached result: after `/a` was matched against `/b/a`,
    the expression `/a/b` matches `/a`. Source: regexp/cache_regexp_str_ret_bool.go:32 @v5.12.0.
    """

    def __init__(self, now: Callable[[], float], config: Config) -> None:
        self._now = now
        self._seconds = config.regexp_cache_expire or SECONDS
        self._is_on = not config.disable_regexp_cache
        self._results: dict[str, tuple[bool, float]] = {}
        self._lock = threading.Lock()

    def search(self, expression: str, text: str) -> bool:
        """True if the expression matches anywhere in the text, or if the cached result says so.

        Raises:
            BadExpression: Go does not compile the expression.
        """
        result = regexps.search(expression, text)
        key = expression + text
        if not self._is_on or len(as_bytes(key)) > _LONGEST_KEY:
            return result
        with self._lock:
            now = self._now()
            cached = self._results.get(key)
            if cached is not None and cached[1] >= now:
                return cached[0]
            self._results.pop(key, None)
            self._results[key] = (result, now + self._seconds)
            if len(self._results) > _MOST_RESULTS:
                del self._results[next(iter(self._results))]
        return result

    def clear(self) -> None:
        """Remove all results."""
        self._results.clear()
