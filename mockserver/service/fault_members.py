"""Reading of a fault from the members by which a test, a request or a command sets it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from mockserver.console.suggestions import suggestion
from mockserver.service.fault import LONGEST_DELAY, Fault, Pairs, Part, Scenario, Selector
from mockserver.service.fault_keywords import Effects, Selectors, Turns, kinds

ANY = "*"
SELECTORS = {"operation": (str,), **kinds(Selectors)}
EFFECTS = kinds(Effects)
TURNS = kinds(Turns)
KINDS = {**SELECTORS, "scenario": (str,), "group": (str,), **EFFECTS, **TURNS}

_ENDS = ("drop", "reset", "hang")
_WORDS = {
    str: "a text", int: "an integer", float: "a number", bool: "true or false", dict: "an object",
    list: "an array",
}  # fmt: skip
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_FRAMING = ("content-length", "transfer-encoding", "connection")
_LATER_ONLY = {"status", "message", "delay", "drop"}  # what a call within a request may meet


def in_group(operation: str, group: str) -> str:
    """The name of a remote call of one group of data planes."""
    return f"{operation}@{group}"


class FaultError(ValueError):
    """An invalid fault; the message names the member and the next step."""


def parts_of(
    members: Mapping[str, Any], operations: Mapping[str, str], scenarios: Mapping[str, Scenario]
) -> tuple[Part, ...]:
    """The parts of a fault with these members; operations have their method, "" for any.

    Raises:
        FaultError: a member is unknown or has a wrong type or value, or there is no such operation or
            scenario.
    """
    _check_kinds(members, KINDS, "a fault")
    _check_turns(members)
    if "group" in members:
        group, others = members["group"], {name: value for name, value in members.items() if name != "group"}
        return tuple(_in_group(part, group) for part in parts_of(others, operations, scenarios))
    if "scenario" in members:
        return _of_scenario(members, scenarios)
    selector = _selector(members, operations)
    effects = {name: members[name] for name in EFFECTS if name in members}
    if "sequence" not in members:
        steps: tuple[Fault, ...] = (_effect(effects),)
    elif effects:
        raise FaultError(f"a sequence has effects of its own; put {', '.join(effects)} into its steps")
    else:
        steps = tuple(_step(step) for step in members["sequence"])
    if all(step.does_nothing for step in steps):
        raise FaultError("the fault does nothing; give an effect, such as status, delay or drop")
    is_inner = any(":" in name or "." in name for name in selector.operations or ())
    foreign = sorted(members.keys() & (KINDS.keys() - _LATER_ONLY - TURNS.keys() - {"operation"}))
    if is_inner and foreign:
        raise FaultError(
            f"{members['operation']} is a call within a request, which cannot meet {foreign[0]}; "
            f"give {', '.join(sorted(_LATER_ONLY))}"
        )
    return (Part(selector, steps),)


def _in_group(part: Part, group: str) -> Part:
    """A part that is for the remote calls of one group of data planes alone.

    Raises:
        FaultError: its operations are no remote calls.
    """
    names = part.selector.operations or frozenset()
    if not names or not all(":" in name for name in names):
        raise FaultError("group selects remote calls; give an operation such as rpc:GetPolicies with it")
    operations = frozenset(in_group(name, group) for name in names)
    return part._replace(selector=replace(part.selector, operations=operations))


def _check_kinds(members: Mapping[str, Any], kinds: Mapping[str, tuple[type, ...]], what: str) -> None:
    for name, value in members.items():
        if name not in kinds:
            near = suggestion(name, kinds)
            raise FaultError(f"{what} has no member {name!r}{near}; its members are {', '.join(kinds)}")
        if type(value) not in kinds[name]:
            words = " or ".join(dict.fromkeys(_WORDS[kind] for kind in kinds[name]))
            raise FaultError(f"{name} cannot be {value!r}; give {words}")


def _check_turns(members: Mapping[str, Any]) -> None:
    times, first, last = members.get("times", 0), members.get("first", 1), members.get("last")
    if times < 0:
        raise FaultError(f"times must not be negative, as {times} is; give 0 for all requests")
    if first < 1 or (last is not None and last < first):
        raise FaultError("first counts from 1, and last must not be before it")
    if last is not None and ("times" in members or "sequence" in members):
        raise FaultError("last says how often the fault applies; leave out times and sequence")
    if not 0 < members.get("probability", 1) <= 1:
        raise FaultError(f"probability {members['probability']} must be over 0 and at most 1")
    if "sequence" in members and not members["sequence"]:
        raise FaultError('a sequence needs a step; give an array such as [{"status": 503}, {}]')


def _of_scenario(members: Mapping[str, Any], scenarios: Mapping[str, Scenario]) -> tuple[Part, ...]:
    """The parts of a scenario; effects that are given override those of its steps."""
    name = members["scenario"]
    scenario = scenarios.get(name)
    if scenario is None:
        known = ", ".join(scenarios) or "none, for this service has none"
        near = suggestion(name, scenarios)
        raise FaultError(f"there is no scenario {name!r}{near}; give one of {known}")
    taken = [member for member in (*SELECTORS, "sequence") if member in members]
    if taken:
        raise FaultError(f"a scenario has operations of its own; leave out {taken[0]}")
    given = {effect: members[effect] for effect in EFFECTS if effect in members}
    changes = {
        effect.name: getattr(_effect(given), effect.name)
        for effect in fields(Fault)
        if getattr(_effect(given), effect.name) != effect.default
    }
    return tuple(
        Part(part.selector, tuple(replace(step, **changes, scenario=name) for step in part.steps))
        for part in scenario.parts
    )


def _selector(members: Mapping[str, Any], operations: Mapping[str, str]) -> Selector:
    operation = members.get("operation", ANY)
    if operation not in (ANY, *operations):
        known = f"; give one of {ANY}, {', '.join(sorted(operations))}"
        raise FaultError(f"there is no operation {operation!r}{suggestion(operation, operations) or known}")
    method, own = members.get("method", "").upper(), operations.get(operation, "")
    if method and not _METHOD.fullmatch(method):
        raise FaultError(f"method {method!r} is no HTTP method; give one such as POST")
    if method and own and method != own:
        raise FaultError(f"the method of {operation} is {own}, never {method}; leave out method")
    return Selector(
        None if operation == ANY else frozenset({operation}),
        method,
        members.get("policy", ""),
        members.get("key", ""),
        tuple((name.lower(), value) for name, value in _pairs(members, "header")),
        _pairs(members, "query"),
    )


def _pairs(members: Mapping[str, Any], name: str) -> Pairs:
    pairs = members.get(name, {})
    for key, value in pairs.items():
        if not isinstance(key, str) or not isinstance(value, str | None):
            raise FaultError(f"{name} {key!r} cannot be {value!r}; give a text, or null for any value")
    return tuple(pairs.items())


def _step(step: Any) -> Fault:
    if type(step) is not dict:
        raise FaultError(f'a step of a sequence cannot be {step!r}; give an object such as {{"status": 503}}')
    _check_kinds(step, EFFECTS, "a step of a sequence")
    return _effect(step)


def _effect(members: Mapping[str, Any]) -> Fault:
    """The fault with these effects.

    Raises:
        FaultError: a value is out of range, or two effects exclude each other.
    """
    ends = [name for name in _ENDS if members.get(name)]
    status, low, spread = members.get("status", 0), *_delay(members.get("delay", 0))
    if status and not 200 <= status <= 599:
        raise FaultError(f"status {status} is not an HTTP status; give one from 200 to 599")
    slow, truncate = members.get("slow", 0), members.get("truncate")
    if "slow" in members and not 1 <= slow < math.inf:
        raise FaultError(f"slow {slow} must be a number of bytes per second, at least 1")
    if truncate is not None and truncate < 0:
        raise FaultError(
            f"truncate {truncate} must be the number of bytes of the body that are sent, at least 0"
        )
    body = members.get("body")
    answers = [name for name in ("status", "body", "headers", "slow", "truncate") if name in members]
    if len(ends) > 1 or (ends and answers):
        raise FaultError(f"{ends[0]} sends no answer; leave out {', '.join([*ends[1:], *answers])}")
    return Fault(
        status=status,
        **({"message": members["message"]} if "message" in members else {}),
        body=body
        if body is None
        else (body if isinstance(body, str) else json.dumps(body)).encode("utf-8", "surrogatepass"),
        headers=_headers(members.get("headers", {})),
        delay=low,
        spread=spread,
        slow=slow,
        truncate=truncate,
        ends=ends[0] if ends else "",
        carry_out=members.get("carry_out", False),
    )


def _delay(value: Any) -> tuple[float, float]:
    """The shortest delay, and the seconds by which it may be longer."""
    bounds = value if isinstance(value, list) else [value, value]
    are_numbers = all(type(bound) in (int, float) for bound in bounds)
    if len(bounds) != 2 or not are_numbers or not 0 <= bounds[0] <= bounds[1] <= LONGEST_DELAY:
        raise FaultError(
            f"delay must be from 0 to {LONGEST_DELAY} seconds, not {value!r}; give a number, or the "
            "shortest and the longest delay, as in [0.5, 2]"
        )
    return bounds[0], bounds[1] - bounds[0]


def _headers(headers: Mapping[Any, Any]) -> tuple[tuple[str, str], ...]:
    for name, value in headers.items():
        if not isinstance(name, str) or not _METHOD.fullmatch(name) or name.lower() in _FRAMING:
            raise FaultError(
                f"headers cannot have {name!r}; give names such as Retry-After, none that frames a body"
            )
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise FaultError(f"the header {name} cannot be {value!r}; give a text of one line")
    return tuple(headers.items())
