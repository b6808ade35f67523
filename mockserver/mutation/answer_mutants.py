"""Mutants of answers that nobody chose by hand: for each declared answer, and for each member of a policy."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract.openapi import Contract
from mockserver.golang.scalars import Bool, Float64, GoType, Int64, ObjectId, String
from mockserver.golang.structs import Field, Map, Slice, Struct
from mockserver.mutation.mutant import ANSWER, FIELD, Mutant, Twist

_EVERY_ANSWER = (
    "another status", "a letter changed", "the newline dropped", "the body cut", "no body",
    "another content type", "no content type", "a header added", "the connection closed",
)  # fmt: skip
_OBJECTS = (
    "the first member dropped", "the last member dropped", "a member renamed", "a member added",
    "members in another order", "spaces added",
)  # fmt: skip
_NOW_AND_THEN = ("another status", "a letter changed", "the body cut")
_NOT_SEEN = {  # what shows only under a configuration of its own, or is not tried, for it reaches others
    ("listKeys", "404"), ("updateApi", "500"), ("purgeOAuthTokens", "200"),
}  # fmt: skip
_SAME = {  # the parts of a probe are not told before their first check; one member has one order
    ("getHello", "the last member dropped"),
    ("getReady", "the last member dropped"),
    ("listKeys", "members in another order"),
    ("listOrganisationKeys", "members in another order"),
    ("getApi", "a member added"),  # which ones a definition has depends on the gateway
}
_LISTS = ("listPolicies", "listApis", "listOAuthClients")
_OUTSIDE = (301, 403, 404, 405)  # answers that no operation gives; a redirect has neither body nor type

_HOW: dict[type, tuple[str, ...]] = {
    String: ("zeroed", "nulled", "cut", "reversed"),
    ObjectId: ("zeroed", "cut"),
    Bool: ("zeroed", "off by one"),
    Int64: ("zeroed", "off by one", "as text"),
    Float64: ("zeroed", "off by one", "as text"),
    Slice: ("zeroed", "nulled", "cut", "reversed", "empty for null"),
    Map: ("zeroed", "nulled", "cut"),
    Struct: ("nulled",),
}


def answers(contract: Contract) -> Iterator[Mutant]:
    """Each answer that is declared, twisted in each way."""
    for operation in contract.operations.values():
        for status in operation.definition["responses"]:
            if int(status) not in (403, 405, 503) and (operation.id, status) not in _NOT_SEEN:
                yield from _of_answer(operation.id, int(status), _OBJECTS)
    for status in _OUTSIDE:
        yield from _of_answer("none", status, ())


def _of_answer(operation: str, status: int, more: tuple[str, ...]) -> Iterator[Mutant]:
    ways = ("another status", "a header added", "the connection closed") if status == 301 else _EVERY_ANSWER
    listing = operation in _LISTS
    for how in (*ways, *(() if listing else more)):
        if (operation, how) in _SAME:
            continue
        yield _answer(Twist(operation, status, "", how))
    for how in _NOW_AND_THEN if status != 301 else ():
        yield _answer(Twist(operation, status, "", how, "on each second call"))
    if operation in ("getPolicy", "listPolicies") and status == 200:
        yield _answer(Twist(operation, status, "", "the body cut", "when it is large"))


def _answer(twist: Twist) -> Mutant:
    when = "" if twist.when == "always" else f", {twist.when}"
    where = f"{twist.operation} {twist.status}"
    return Mutant(f"{where}: {twist.how}{when}", ANSWER, f"{where}: {twist.how}{when}", twist=twist)


def fields(contract: Contract) -> Iterator[Mutant]:
    """Each member of a policy, twisted in each way that could show."""
    for path, member in _members(contract.type_of("Policy"), ""):
        for how in ("dropped", "renamed", "stale", "shared", *_HOW.get(type(member.type), ("nulled",))):
            if not _comes_to_the_same(path, member, how):
                yield _field(Twist("", 0, path, how))
        for when in ("on each second call", "when it is large"):
            yield _field(Twist("", 0, path, "nulled", when))
        yield _field(Twist("listPolicies", 0, path, "nulled"))


def _comes_to_the_same(path: str, member: Field, how: str) -> bool:
    """What is left out when null or false has no null that could be empty, and no other value than true."""
    left_out = bool(member.omit) or path.endswith("limit/smoothing/enabled")
    if how == "empty for null" or (how in ("stale", "shared") and isinstance(member.type, Bool)):
        return left_out
    return (path, how) == ("id", "stale")


def _members(kind: GoType, path: str) -> Iterator[tuple[str, Field]]:
    if isinstance(kind, Struct):
        for field in kind.fields:
            yield f"{path}{field.name}", field
            yield from _members(field.type, f"{path}{field.name}/")
    elif isinstance(kind, (Map, Slice)):
        yield from _members(kind.element, f"{path}*/")


def _field(twist: Twist) -> Mutant:
    when = "" if twist.when == "always" else f", {twist.when}"
    where = f"{twist.operation}:" if twist.operation else ""
    name = f"{where}{twist.field} {twist.how}{when}"
    return Mutant(name, FIELD, f"/{twist.field} is {twist.how}{when}", twist=twist)
