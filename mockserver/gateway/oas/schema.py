"""The comparison of JSON with its form, in the words of gojsonschema, the library of the gateway.

Of several forms of which one must fit, the problems of the likeliest are told. Likeliest is the one with the
highest score, which counts what fitted (validation.go and result.go of gojsonschema @v1.2.0).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mockserver.gateway.oas.shape import Shape
from mockserver.golang import absolute_urls, json_writer, regexps
from mockserver.golang.absolute_urls import BadUrl
from mockserver.golang.json_reader import Number, Object
from mockserver.golang.scalars import ANY, Problems

_Path = tuple[str, ...]
# Nearly what net/mail.ParseAddress takes.
_MAIL = re.compile(r"\s*(?:[^<>@]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)\s*")


@dataclass
class _Judgement:
    """The problems of a node, a line each, and the score of what fitted."""

    problems: list[str] = field(default_factory=list)
    score: int = 0

    def add(self, path: _Path, text: str) -> None:
        self.problems.append(f"{_place(path)}: {text}")
        self.score -= 2

    def merge(self, other: _Judgement) -> None:
        self.problems += other.problems
        self.score += other.score


def problems(node: Any, shape: Shape, path: _Path = ()) -> list[str]:
    """The differences of a node at a path from its form, a line each."""
    return _judged(node, shape, path).problems


def _judged(node: Any, shape: Shape, path: _Path) -> _Judgement:
    while shape.target is not None:
        shape = shape.target()
    result, kind = _Judgement(), _kind(node)
    if shape.kinds and kind not in shape.kinds and not (kind == "integer" and "number" in shape.kinds):
        expected = shape.kinds[0] if len(shape.kinds) == 1 else f"[{','.join(shape.kinds)}]"
        result.add(path, f"Invalid type. Expected: {expected}, given: {kind}")
        return result
    if shape.has_alternatives:
        _judge_alternatives(node, shape, path, result)
    if kind == "object":
        _judge_object(dict(node), shape, path, result)
    elif kind == "array":
        _judge_list(node, shape, path, result)
    elif kind in ("integer", "number"):
        _judge_number(node, shape, path, result)
    elif kind == "string":
        _judge_text(node, shape, path, result)
    if shape.values:
        _judge_value(node, shape, path, result)
    result.score += 3  # for alternatives, the value and the whole, each of which counts
    return result


def _judge_alternatives(node: Any, shape: Shape, path: _Path, result: _Judgement) -> None:
    if shape.any_of:
        judgements = [_judged(node, form, path) for form in shape.any_of]
        if all(judgement.problems for judgement in judgements):
            result.add(path, "Must validate at least one schema (anyOf)")
            result.merge(max(judgements, key=lambda judgement: judgement.score))
    if shape.one_of:
        judgements = [_judged(node, form, path) for form in shape.one_of]
        count = sum(not judgement.problems for judgement in judgements)
        if count != 1:
            result.add(path, "Must validate one and only one schema (oneOf)")
        if count == 0:
            result.merge(max(judgements, key=lambda judgement: judgement.score))
    fitting = [_judged(node, form, path) for form in shape.all_of]
    for judgement in fitting:
        result.merge(judgement)
    if any(judgement.problems for judgement in fitting):
        result.add(path, "Must validate all the schemas (allOf)")
    if shape.none_of is not None and not _judged(node, shape.none_of, path).problems:
        result.add(path, "Must not validate the schema (not)")
    if shape.never and isinstance(node, str) and regexps.search(shape.never, node):
        result.add(path, "Must not validate the schema (not)")


def _judge_object(members: dict[str, Any], shape: Shape, path: _Path, result: _Judgement) -> None:
    if len(members) < shape.least:
        result.add(path, f"Must have at least {shape.least} properties")
    if shape.most is not None and len(members) > shape.most:
        result.add(path, f"Must have at most {shape.most} properties")
    for name in shape.required:
        if name in members:
            result.score += 1
        else:
            result.add(path, f"{name} is required")
    _judge_members(members, shape, path, result)
    for name, value in members.items():
        if name in shape.members:
            result.merge(_judged(value, shape.members[name], (*path, name)))
    result.score += 1


def _judge_members(members: dict[str, Any], shape: Shape, path: _Path, result: _Judgement) -> None:
    """Judge the members by patterns, and those that the form does not know."""
    for name, value in members.items():
        forms = [form for pattern, form in shape.patterns.items() if _matches(pattern, name)]
        for form in forms:
            result.merge(_judged(value, form, (*path, name)))
            result.score += 1
        if name not in shape.members and not forms:
            if shape.others is not None:
                result.merge(_judged(value, shape.others, (*path, name)))
            elif shape.is_closed:
                result.add(path, f"Additional property {name} is not allowed")


def _matches(pattern: str, name: str) -> bool:
    prefix = pattern.removeprefix("^")
    is_prefix = pattern.startswith("^") and prefix.replace("-", "").isalnum()
    return name.startswith(prefix) if is_prefix else regexps.search(pattern, name)


def _judge_list(items: list[Any], shape: Shape, path: _Path, result: _Judgement) -> None:
    for place, item in enumerate(items):
        form = shape.each or (shape.first if place == 0 else None)
        if form is not None:
            result.merge(_judged(item, form, (*path, str(place))))
    if len(items) < shape.least_items:
        result.add(path, f"Array must have at least {shape.least_items} items")
    if shape.is_unique:
        last: dict[str, int] = {}
        for place, item in enumerate(items):
            text = json_writer.write(ANY.decode(item, None, Problems()))
            if text in last:
                result.add(path, f"array items[{last[text]},{place}] must be unique")
            last[text] = place
    result.score += 1


def _judge_number(node: Number, shape: Shape, path: _Path, result: _Judgement) -> None:
    if shape.maximum is not None and float(node) > shape.maximum:
        result.add(path, f"Must be less than or equal to {shape.maximum}")
    if shape.is_over and shape.minimum is not None and float(node) <= shape.minimum:
        result.add(path, f"Must be greater than {shape.minimum}")
    elif shape.minimum is not None and float(node) < shape.minimum:
        result.add(path, f"Must be greater than or equal to {shape.minimum}")
    result.score += 1


def _judge_value(node: Any, shape: Shape, path: _Path, result: _Judgement) -> None:
    is_plain = isinstance(node, str | bool) and not isinstance(node, Number)
    if not (is_plain and node in shape.values):
        listed = ", ".join(map(json_writer.write, shape.values))
        result.add(path, f"{_place(path)} must be one of the following: {listed}")


def _judge_text(node: str, shape: Shape, path: _Path, result: _Judgement) -> None:
    if shape.pattern and not regexps.search(shape.pattern, node):
        result.add(path, f"Does not match pattern '{shape.pattern}'")
    if shape.format and not _FORMATS[shape.format](node):
        result.add(path, f"Does not match format '{shape.format}'")
    result.score += 1


def _is_reference(text: str) -> bool:
    try:
        absolute_urls.parse(text)
    except BadUrl:
        return False
    return "\\" not in text


def _is_address(text: str) -> bool:
    return _is_reference(text) and bool(absolute_urls.parse(text).scheme)


_FORMATS: dict[str, Callable[[str], bool]] = {
    "uri": _is_address,
    "uri-reference": _is_reference,
    "regex": regexps.is_valid,
    "email": lambda text: _MAIL.fullmatch(text) is not None,
}


def _place(path: _Path) -> str:
    return ".".join(path) or "(root)"


def _kind(node: Any) -> str:
    """The type of a node in JSON Schema."""
    if isinstance(node, Object):
        return "object"
    if isinstance(node, list):
        return "array"
    if isinstance(node, Number):
        return "integer" if float(node).is_integer() else "number"
    if isinstance(node, str):
        return "string"
    return "null" if node is None else "boolean"
