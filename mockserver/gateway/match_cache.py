"""A cache of match results, with the defect of the gateway's own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mockserver.gateway.config import Config
from mockserver.golang import regexps

SECONDS = 60  # where regexp_cache_expire is 0 (regexp/cache.go:11 @v5.12.0)
_LONGEST_KEY = 1024  # bytes
_MOST_RESULTS = 5000  # internal/cache/eviction.go:11 @v5.14.0; older releases have no such limit


class MatchCache:
    """A cache of whether an expression matches a text; the key is the concatenation of the two.

    Another pair with the same concatenation gets the cached result: once `/a` was matched against `/b/a`,
    `/a/b` matches `/a`. Source: regexp/cache_regexp_str_ret_bool.go:32 @v5.12.0.
    """

    def __init__(self, now: Callable[[], float], config: Config) -> None:
        self._now = now
        self._seconds = config.regexp_cache_expire or SECONDS
        self._is_on = not config.disable_regexp_cache
        self._results: dict[str, tuple[bool, float]] = {}
        self._lock = threading.Lock()

    def search(self, expression: str, text: str) -> bool:
        """Return whether the expression matches anywhere in the text.

        Raises:
            re.error: Go does not compile the expression.
        """
        result = regexps.search(expression, text)
        key = expression + text
        if not self._is_on or len(key.encode()) > _LONGEST_KEY:
            return result
        with self._lock:
            now = self._now()
            remembered = self._results.get(key)
            if remembered is not None and remembered[1] >= now:
                return remembered[0]
            self._results.pop(key, None)
            self._results[key] = (result, now + self._seconds)
            if len(self._results) > _MOST_RESULTS:
                del self._results[next(iter(self._results))]
        return result

    def clear(self) -> None:
        """Remove all results."""
        self._results.clear()
