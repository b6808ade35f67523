"""The regular expressions that a gateway makes of the path patterns in rights."""

from __future__ import annotations

import re

_VARIABLE = re.compile(r"\{[^}]+\}")


def path_expression(pattern: str, *, begins: bool, ends: bool) -> str:
    """The regular expression of a pattern (internal/httputil/mux.go:28 @v5.12.0).

    Args:
        pattern: a path, which may have `{name}` and `*`.
        begins: True if it must match at the beginning of a path.
        ends: True if it must match at the end.
    """
    if 0 < pattern.count("{") == pattern.count("}"):
        end = pattern.rfind("}") + 1  # a search that goes on behind it takes the square of the length
        pattern = _VARIABLE.sub("([^/]+)", pattern[:end]) + pattern[end:]
    pattern = pattern.replace("/*/", "/[^/]+/").replace("/*", "/.*")
    if begins and pattern.startswith("/"):
        pattern = "^" + pattern
    return pattern + "$" if ends and not pattern.endswith("$") else pattern
