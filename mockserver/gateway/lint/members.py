"""The members of a document beside its Go type: unknown, misspelt and repeated ones, and wrong types.

The types decode the values themselves, so that there is no second set of rules; this module walks through a
document and knows the steps to each value.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from mockserver.gateway.lint.findings import Document
from mockserver.gateway.lint.names import did_you_mean
from mockserver.gateway.lint.rules import Kind
from mockserver.gateway.lint.source import Steps
from mockserver.gateway.lint.vocabularies import Vocabulary
from mockserver.golang import json_reader
from mockserver.golang.json_reader import Number, Object
from mockserver.golang.json_writer import format_float
from mockserver.golang.scalars import ANY, BOOL, FLOAT64, INT64, STRING, AnyValue, GoType, Problems, fold
from mockserver.golang.structs import Map, Slice, Struct

VERY_NEAR = 0.85  # the likeness of a misspelt name among names that are not all known
_SECRET = re.compile("secret|password", re.IGNORECASE)  # names of members whose values are not shown
_BOOLEANS = {"true": "true", "false": "false", "1": "true", "0": "false"}


class MemberWalk:
    """The walk through one document."""

    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        self._document = document
        self._vocabulary = vocabulary
        self._problems = Problems()

    def run(self) -> None:
        """Report what is wrong with the members of the document."""
        self._visit(self._document.node, self._vocabulary.type, (), ())

    def _visit(self, node: Any, kind: GoType, steps: Steps, path: tuple[str, ...]) -> None:
        if isinstance(kind, Struct) and isinstance(node, Object):
            self._visit_struct(node, kind, steps, path)
        elif isinstance(kind, Map) and isinstance(node, Object):
            self._report_duplicates([(str(name), False) for name, _ in node], steps, path)
            for index, (name, item) in enumerate(node):
                self._visit(item, kind.element, (*steps, index), (*path, str(name)))
        elif isinstance(kind, Slice) and isinstance(node, list) and not isinstance(node, Object):
            for index, item in enumerate(node):
                self._visit(item, kind.element, (*steps, index), (*path, str(index)))
        elif isinstance(kind, AnyValue) and isinstance(node, (Object, list)):
            self._visit_any(node, steps, path)
        else:
            self._visit_value(node, kind, steps, path)

    def _visit_struct(self, node: Object, kind: Struct, steps: Steps, path: tuple[str, ...]) -> None:
        names: list[tuple[str, bool]] = []
        for index, (name, item) in enumerate(node):
            field = kind.by_name.get(name) or kind.by_fold.get(fold(name))
            if field is None:
                names.append((str(name), False))
                self._report_unknown(name, kind, (*steps, index), path)
                continue
            names.append((field.name, isinstance(field.type, (Struct, Map))))
            if field.name != name:
                self._document.report_at(
                    "folded-name", (*steps, index), "/".join((*path, name)),
                    f'the name is "{name}"', edit=f'"{field.name}"', name=field.name,
                )  # fmt: skip
            self._visit(item, field.type, (*steps, index), (*path, field.name))
        self._report_duplicates(names, steps, path)

    def _visit_any(self, node: Any, steps: Steps, path: tuple[str, ...]) -> None:
        """Visit what an interface{} takes; the stack is explicit, for it may be deep."""
        todo = [(node, steps, path)]
        while todo:
            node, steps, path = todo.pop()
            if isinstance(node, Object):
                todo += [(item, (*steps, i), (*path, str(name))) for i, (name, item) in enumerate(node)]
            elif isinstance(node, list):
                todo += [(item, (*steps, i), (*path, str(i))) for i, item in enumerate(node)]
            elif isinstance(node, Number):
                self._visit_value(node, ANY, steps, path)

    def _visit_value(self, node: Any, kind: GoType, steps: Steps, path: tuple[str, ...]) -> None:
        notes = self._problems.notes
        value = kind.decode(node, kind.fresh(), self._problems)
        if notes:
            (_, text), *_ = notes
            edit = _corrected(node, kind)
            hint = "correct the value" if edit is None else f"write {edit}"
            if _SECRET.search("/".join(path)):
                text, hint = f"the value {text[text.rindex('must be') :]}", "correct the value"
            if self._problems.stopped and self._document.kind is Kind.POLICY:
                text += ", and no member after it is read"
            self._document.report_at(
                "wrong-type", steps, "/".join(path), text, edit=edit, at_name=False, hint=hint
            )
            notes.clear()
            self._problems.stopped = False
        elif isinstance(node, Number) and isinstance(value, float) and _is_rounded(node, value):
            self._document.report_at(
                "rounded-number", steps, "/".join(path), f"{node} has too many digits",
                at_name=False, rounded=format_float(value),
            )  # fmt: skip

    def _report_unknown(self, name: str, kind: Struct, steps: Steps, path: tuple[str, ...]) -> None:
        vocabulary, document, member = self._vocabulary, self._document, "/".join((*path, name))
        known = list(kind.by_name)
        if vocabulary.table is not None:
            others = vocabulary.table.below(".".join(path))
            if others is None or fold(name) in map(fold, others):
                if (span := vocabulary.elsewhere.get(".".join((*path, name)))) is not None:
                    document.report_at(
                        "other-version", steps, member, "a member of other versions", span=span
                    )
                return
            known += others
        if (span := vocabulary.elsewhere.get(name)) is not None:
            document.report_at("other-version", steps, member, "a member of other versions", span=span)
        elif not path and name in vocabulary.dashboard:
            document.report_at("dashboard-member", steps, member, "a member of the Dashboard alone")
        elif vocabulary.is_partial:
            if hint := did_you_mean(name, known, "", VERY_NEAR):
                document.report_at("unknown-member", steps, member, "no such member is known", hint=hint)
        else:
            hint = did_you_mean(name, known, "remove it, or correct its name")
            document.report_at("unknown-member", steps, member, "no gateway has such a member", hint=hint)

    def _report_duplicates(self, names: list[tuple[str, bool]], steps: Steps, path: tuple[str, ...]) -> None:
        """Report names that are there twice; beside each is True if Go merges the values."""
        if len(dict(names)) == len(names):
            return
        seen: set[str] = set()
        for index, (name, is_merged) in enumerate(names):
            if name in seen:
                self._document.report_at(
                    "duplicate-member", (*steps, index), "/".join((*path, name)), "the member is there twice",
                    how=", and the members of the others that it lacks" if is_merged else "",
                )  # fmt: skip
            seen.add(name)


def _is_rounded(text: str, value: float) -> bool:
    """True if a whole number has digits that the float64 has not."""
    return text.lstrip("-").isdigit() and int(text) != int(value)


def _corrected(node: Any, kind: GoType) -> str | None:
    """The text of the value that was meant, if there is only one; None otherwise."""
    if kind is STRING and isinstance(node, Number):
        return f'"{node}"'
    if kind is BOOL and isinstance(node, str):
        return _BOOLEANS.get(node.strip().lower())
    if kind in (INT64, FLOAT64) and isinstance(node, str):
        return next((text for text in _numbers(node.strip()) if _is_accepted(text, kind)), None)
    return None


def _numbers(text: str) -> Iterator[str]:
    """The text, and the same number in digits only if it is a whole one."""
    yield text
    with contextlib.suppress(InvalidOperation):
        value = Decimal(text)
        if value.is_finite() and abs(value) < 2**63 and value == int(value):
            yield str(int(value))


def _is_accepted(text: str, kind: GoType) -> bool:
    """True if a text is a number in JSON that a type takes."""
    try:
        node, rest = json_reader.read(text.encode("utf-8", "surrogateescape"))
    except json_reader.JSONSyntaxError:
        return False
    problems = Problems()
    kind.decode(node, kind.fresh(), problems)
    return isinstance(node, Number) and not rest and not problems.notes
