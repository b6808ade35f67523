"""Two answers to one request: what differs but for ids, times, and the names of the runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contract_tests.engine.checks import shorten
from contract_tests.engine.exchange import Exchange
from mockserver.evidence.recording import in_any_order

_OWN_WAYS = {  # headers that say when and how an answer came, and not what it is
    "date", "content-length", "transfer-encoding", "connection", "keep-alive", "age", "via", "x-request-id",
    "x-ratelimit-reset", "set-cookie", "etag", "server-timing", "x-runtime",
}  # fmt: skip
_VOLATILE = (  # whole texts, with what stands for them
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*( [+-]\d{4} \S+)?"), "<time>"),
    (re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"), "<id>"),
    (re.compile(r"[0-9a-f]{8}|[0-9a-f]{16}|[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}"), "<id>"),
    (re.compile(r"eyJ[0-9A-Za-z+/_-]{20,}={0,2}"), "<key>"),
    (re.compile(r"\S*[0-9a-f]{32}"), "<key>"),
)
_TIME_NAMES = {"last_updated", "date_created", "created_at", "time", "expires", "quota_renews", "last_check"}
NEAR_SECONDS = 90 * 86400  # a number this close to the time of day as a Unix time is one
_LISTS = ("keys", "Data", "users", "apis", "policies")  # members whose value is a list of a service's things
_PAGES = {"pages", "Pages"}  # members that count them
Neutral = Callable[[str], str]
ABSENT = "absent"
_NOTHING = object()  # the value of a member that is not there


@dataclass(frozen=True)
class Divergence:
    """One way in which two answers differ.

    Attributes:
        kind: "answer", "status", "header", "member" or "text".
        subject: the name of the header or the JSON pointer; "" for a status and a text.
        is_left_out: True if one side leaves out a member that the other one writes without a value.
    """

    kind: str
    subject: str
    a: str
    b: str
    is_left_out: bool = False


@dataclass(frozen=True)
class Answered:
    """An exchange of one side.

    Attributes:
        neutral: a text without the names of the run.
        prefix: what begins each name of the scenario; of lists, only items with it are compared.
    """

    exchange: Exchange
    neutral: Neutral
    prefix: str

    @property
    def text(self) -> str:
        """The body without secrets and names."""
        return self.neutral(self.exchange.auth.masked(self.exchange.text))

    @property
    def headers(self) -> dict[str, str]:
        """The headers that are compared, by lower-case name; repeated ones joined."""
        headers: dict[str, str] = {}
        answer = self.exchange.answer
        for name, value in answer.headers if answer else ():
            key = name.lower()
            if key not in _OWN_WAYS:
                shown = self.neutral(self.exchange.auth.masked(value)).replace(self.exchange.url, "")
                headers[key] = f"{headers[key]}, {shown}" if key in headers else shown
        return headers

    @property
    def summary(self) -> str:
        """The status and the beginning of the body."""
        if self.exchange.answer is None:
            return f"no answer: {self.exchange.failure}"
        return f"{self.exchange.status} {shorten(self.text, 160)}".rstrip()


def divergences(a: Answered, b: Answered) -> list[Divergence]:
    """What differs between two answers to one request; empty if nothing does."""
    if a.exchange.answer is None or b.exchange.answer is None:
        both = a.exchange.answer is b.exchange.answer is None
        return [] if both else [Divergence("answer", "", a.summary, b.summary)]
    if a.exchange.status != b.exchange.status:
        return [Divergence("status", "", a.summary, b.summary)]
    found = [
        Divergence("header", name, a.headers.get(name, ABSENT), b.headers.get(name, ABSENT))
        for name in sorted(a.headers.keys() | b.headers.keys())
        if a.headers.get(name) != b.headers.get(name)
    ]
    return [*found, *_bodies(a, b)]


def _bodies(a: Answered, b: Answered) -> list[Divergence]:
    old, new = _document(a), _document(b)
    if old is None or new is None:
        is_same = _masked("", a.text) == _masked("", b.text)
        return [] if is_same else [Divergence("text", "", shorten(a.text, 160), shorten(b.text, 160))]
    members = [
        Divergence("member", pointer, _shown(pointer, one), _shown(pointer, other), _is_left_out(one, other))
        for pointer, one, other in _members("", *old, *new)
    ]
    if not members and json.dumps(_masked("", old[0])) != json.dumps(_masked("", new[0])):
        return [Divergence("text", "", shorten(a.text, 160), shorten(b.text, 160))]  # in another order
    return members


def _document(answered: Answered) -> tuple[Any] | None:
    """The body as JSON with the run's own things alone, in a tuple; None if it is no JSON."""
    document = answered.exchange.json
    if document is None and answered.exchange.text.strip() != "null":
        return None
    for holder, name in in_any_order(document):
        holder[name].sort(key=json.dumps)
    text = json.dumps(_own(document, answered.prefix), ensure_ascii=False)
    try:
        return (json.loads(answered.neutral(answered.exchange.auth.masked(text))),)
    except ValueError:  # a name that the neutral form cuts in an escape
        return None


def _own(document: Any, prefix: str) -> Any:
    """A list, or lists under the names of `_LISTS`, without the things of others, in a fixed order."""
    if isinstance(document, list):
        return sorted((item for item in document if prefix in json.dumps(item)), key=json.dumps)
    if isinstance(document, dict) and any(isinstance(document.get(name), list) for name in _LISTS):
        lists = {name: _own(value, prefix) for name, value in document.items() if name in _LISTS}
        kept = {name: value for name, value in document.items() if name not in _PAGES}
        return {**kept, **{name: value for name, value in lists.items() if isinstance(document[name], list)}}
    return document


def _members(pointer: str, a: Any, b: Any) -> Iterator[tuple[str, Any, Any]]:
    """The pointer and both values of each member that differs, `_NOTHING` for none.

    A list that has another length differs as a whole.
    """
    if isinstance(a, dict) and isinstance(b, dict):
        for name in dict.fromkeys([*a, *b]):
            here = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            if name not in a or name not in b:
                yield here, a.get(name, _NOTHING), b.get(name, _NOTHING)
            else:
                yield from _members(here, a[name], b[name])
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for left, right in zip(a, b, strict=True):
            yield from _members(f"{pointer}/*", left, right)
    else:
        name = pointer.rpartition("/")[2]
        left, right = _masked(name, a), _masked(name, b)
        if left != right or type(a) is not type(b):
            yield pointer or "/", a, b


def _shown(pointer: str, value: Any) -> str:
    if value is _NOTHING:
        return ABSENT
    masked = _masked(pointer.rpartition("/")[2], value)
    return shorten(json.dumps(masked, ensure_ascii=False), 120)


def _is_left_out(a: Any, b: Any) -> bool:
    """True if one of two values is not there, and the other one says nothing."""
    return _NOTHING in (a, b) and all(value is _NOTHING or _is_empty(value) for value in (a, b))


def _is_empty(value: Any) -> bool:
    """True for null, false, 0, "", and what has nothing but these."""
    if isinstance(value, dict):
        return all(map(_is_empty, value.values()))
    return all(map(_is_empty, value)) if isinstance(value, list) else not value


def _masked(name: str, value: Any) -> Any:
    """A value with a stand-in for a time or an id, which differ from run to run."""
    if isinstance(value, dict):
        return {key: _masked(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(name, item) for item in value]
    if isinstance(value, str):
        if name in _TIME_NAMES and value.isdecimal() and _is_near(int(value)):
            return "<time>"
        return next((stand_in for pattern, stand_in in _VOLATILE if pattern.fullmatch(value)), value)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return "<time>" if is_number and _is_near(value) else value


def _is_near(number: float) -> bool:
    """True for a time of these days, in seconds, milliseconds or nanoseconds since 1970."""
    now = datetime.now(UTC).timestamp()
    return any(abs(number - int(now * unit)) < NEAR_SECONDS * unit for unit in (1, 1000, 10**9))
