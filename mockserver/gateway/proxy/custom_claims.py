"""Claims of one's own that must have a value in a token (gateway/mw_jwt.go:1237 @v5.12.0).

A gateway finds a claim by a path of gjson, which must also be one of JSONPath (jp/parse.go of ojg @v1.26.9).
The mock knows those of names and positions with dots between.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.request_context import Rejected

_MISSING = object()
_PATH = re.compile(r"\w+(?:\.\w++)*+")
_JSON_PATH = re.compile(
    r"[#%0-9:;?A-Z^_a-z{|}~\x80-\U0010ffff]+(?:\.[#%0-9:;?A-Z^_a-z{|}~\x80-\U0010ffff]++)*+"
)
_OTHER_FRAGMENTS = ("[", "*", "..")  # of JSONPath
_POSITION = re.compile("[0-9]{1,9}")


def problem(claims: dict[str, Any], rules: Mapping[str, Document]) -> str:
    """Why the claims do not satisfy the rules; "" if they do. A gateway takes the rules in any order.

    Raises:
        Rejected: the path of a rule is none that the mock knows.
    """
    return next(filter(None, (_problem_of(claims, path, rules[path]) for path in sorted(rules))), "")


def _problem_of(claims: dict[str, Any], path: str, rule: Document) -> str:
    has_others = any(fragment in path for fragment in _OTHER_FRAGMENTS)
    if path.count("[") != path.count("]") or not (has_others or _JSON_PATH.fullmatch(path)):
        return f"invalid claim path: {path}"
    if not _PATH.fullmatch(path):
        raise Rejected(f"this mock does not judge the claim {path} of customClaimValidation", 501)
    value = _value_at(claims, path)
    if rule["nonBlocking"]:
        return ""
    if value is _MISSING:
        return f"custom claim {path} is required but not present in token"
    match rule["type"]:
        case "required" if value is None:
            return f"custom claim {path} expects a non nil value"
        case "contains" if not _contains(value, rule["allowedValues"] or []):
            return f"claim {path} value does not contain any expected values"
        case "exact_match" if _text(value) not in map(_text, rule["allowedValues"] or ()):
            return f"claim {path} value does not match any expected values"
    return ""


def _value_at(claims: Any, path: str) -> Any:
    """The value at a path of names and positions; `_MISSING` if there is none."""
    node = claims
    for part in path.split("."):
        if isinstance(node, dict) and part in node:
            node = node[part]
        elif isinstance(node, list) and _POSITION.fullmatch(part) and int(part) < len(node):
            node = node[int(part)]
        else:
            return _MISSING
    return node


def _contains(value: Any, allowed: list[Any]) -> bool:
    """True if a text has an allowed part or a list an allowed item; else the last allowed value counts."""
    if isinstance(value, str):
        return any(isinstance(part, str) and part in value for part in allowed)
    if isinstance(value, list):
        return not {_text(other) for other in allowed}.isdisjoint(map(_text, value))
    return bool(allowed) and _text(value) == _text(allowed[-1])


def _text(value: Any) -> str:
    """The JSON of a value, by which two are compared; true is not 1. That of a deep one equals no other."""
    try:
        return json.dumps(value, sort_keys=True)
    except RecursionError:  # a definition has no value as deep as a token may have
        return ""
