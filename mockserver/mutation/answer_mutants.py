"""Generated mutants of answers: several for each declared answer, and for each member of a policy."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract.openapi import Contract
from mockserver.golang.scalars import Bool, Float64, GoType, Int64, ObjectId, String
from mockserver.golang.structs import Field, Map, Slice, Struct
from mockserver.mutation.answer_rules import RULES, AnswerRules
from mockserver.mutation.mutant import ANSWER, FIELD, AnswerPatch, Mutant

_EVERY_ANSWER = (
    "another status", "a letter changed", "the newline dropped", "the body cut", "no body",
    "another content type", "no content type", "a header added", "the connection closed",
)  # fmt: skip
_OBJECTS = (
    "the first member dropped", "the last member dropped", "a member renamed", "a member added",
    "members in another order", "spaces added",
)  # fmt: skip
_OCCASIONAL = ("another status", "a letter changed", "the body cut")
_CHANGES: dict[type, tuple[str, ...]] = {
    String: ("zeroed", "nulled", "cut", "reversed"),
    ObjectId: ("zeroed", "cut"),
    Bool: ("zeroed", "off by one"),
    Int64: ("zeroed", "off by one", "as text"),
    Float64: ("zeroed", "off by one", "as text"),
    Slice: ("zeroed", "nulled", "cut", "reversed", "empty for null"),
    Map: ("zeroed", "nulled", "cut"),
    Struct: ("nulled",),
}


def answers(contract: Contract, service: str) -> Iterator[Mutant]:
    """Mutants of the declared answers of a service, and of the answers to requests without an operation."""
    rules = RULES.get(service, AnswerRules())
    for operation in contract.operations.values():
        for status in map(int, contract.definition(operation)["responses"]):
            is_seen = status not in rules.unseen_statuses and (operation.id, status) not in rules.invisible
            if is_seen and operation.path.startswith(rules.paths):
                objects = () if operation.id in rules.lists else _OBJECTS
                yield from _answer_mutants(service, rules, operation.id, status, objects)
    for status in rules.without_operation:
        yield from _answer_mutants(service, rules, "none", status, ())


def _answer_mutants(
    service: str, rules: AnswerRules, operation: str, status: int, object_changes: tuple[str, ...]
) -> Iterator[Mutant]:
    is_redirect = status == 301  # it has neither body nor type
    changes = ("another status", "a header added", "the connection closed") if is_redirect else _EVERY_ANSWER
    for how in (*changes, *object_changes):
        if (operation, how) not in rules.equivalent and how not in rules.unjudged:
            yield _answer_mutant(service, AnswerPatch(operation, status, "", how))
    for how in () if is_redirect else _OCCASIONAL:
        yield _answer_mutant(service, AnswerPatch(operation, status, "", how, "on each second call"))
    if operation in ("getPolicy", "listPolicies") and status == 200:
        yield _answer_mutant(service, AnswerPatch(operation, status, "", "the body cut", "when it is large"))


def _answer_mutant(service: str, patch: AnswerPatch) -> Mutant:
    when = "" if patch.when == "always" else f", {patch.when}"
    where = f"{patch.operation} {patch.status}"
    name = f"{where}: {patch.how}{when}"
    return Mutant(name, ANSWER, name, patch=patch, service=service)


def fields(contract: Contract, service: str) -> Iterator[Mutant]:
    """Mutants of every member of a policy of a service, except the equivalent ones."""
    for path, member in _members(contract.type_of("Policy"), ""):
        for how in ("dropped", "renamed", "stale", "shared", *_CHANGES.get(type(member.type), ("nulled",))):
            if not _is_equivalent(path, member, how):
                yield _field_mutant(service, AnswerPatch("", 0, path, how))
        for when in ("on each second call", "when it is large"):
            yield _field_mutant(service, AnswerPatch("", 0, path, "nulled", when))
        yield _field_mutant(service, AnswerPatch("listPolicies", 0, path, "nulled"))


def _is_equivalent(path: str, member: Field, how: str) -> bool:
    """True if the answer cannot change, because the member is omitted when it is null or false."""
    is_omitted = bool(member.omit) or path.endswith("limit/smoothing/enabled")
    if how == "empty for null" or (how in ("stale", "shared") and isinstance(member.type, Bool)):
        return is_omitted
    return (path, how) == ("id", "stale")


def _members(kind: GoType, path: str) -> Iterator[tuple[str, Field]]:
    if isinstance(kind, Struct):
        for field in kind.fields:
            yield f"{path}{field.name}", field
            yield from _members(field.type, f"{path}{field.name}/")
    elif isinstance(kind, (Map, Slice)):
        yield from _members(kind.element, f"{path}*/")


def _field_mutant(service: str, patch: AnswerPatch) -> Mutant:
    when = "" if patch.when == "always" else f", {patch.when}"
    where = f"{patch.operation}:" if patch.operation else ""
    name = f"{where}{patch.field} {patch.how}{when}"
    return Mutant(name, FIELD, f"/{patch.field} is {patch.how}{when}", patch=patch, service=service)
