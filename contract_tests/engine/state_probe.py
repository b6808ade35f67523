"""A probe of what a service keeps: a few writes and reads at the end of a run that failed.

It tells causes apart that look alike in failures: writes that are lost, a reload that loads nothing, a cache
in front, and a replica that lags. Half of the things are read before they are changed and half are not, for
a cache can only have what was asked for before.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Protocol

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.exchange import Exchange, plain_text
from contract_tests.engine.ownership import UnsafeRequest
from contract_tests.engine.state_signs import StateSigns
from mockserver.http.deadline import Deadline

THINGS = 12  # that are written; a service that loses each tenth write loses one of them
SETTLE_SECONDS = 6.0  # for reads to show what was written
EARLY = 3  # things that are read before they are loaded
AT_FIRST = 3  # reads of one thing, in a row, of which the first or the second may be the odd one
SETTLED = 6  # that count as settled if they have one answer, once answers alternated
PAUSE_SECONDS = 0.1  # between reads
TRIES = 3  # of a request that is answered with an error of the way to the service


class Probed(Protocol):
    """The requests of a service that the probe sends; the client of its tests has them."""

    def probe_create(self, mark: str) -> tuple[str, Exchange]:
        """Write a thing with a mark in two members; its id, "" if the answer tells none, and the exchange."""

    def probe_update(self, thing: str, mark: str) -> Exchange:
        """Give a thing another mark in one of the members, and leave out the other one."""

    def probe_read(self, thing: str) -> Exchange:
        """Read a thing."""

    def probe_delete(self, thing: str) -> Exchange:
        """Remove a thing."""

    def probe_mark(self) -> str:
        """A new mark."""

    def probe_load(self) -> Exchange | None:
        """Load what was written; None if writes show at once."""

    def probe_query(self) -> bool:
        """True if a query that must change an answer does not."""

    def probe_listed(self) -> list[str] | None:
        """The ids of all things that the service lists; None if it answers no list."""


class StateProbe:
    """The probe of one service, by the client of its tests.

    Args:
        client: sends the requests, and has their exchanges afterwards.
        limit: the deadline of the probe.
    """

    def __init__(self, client: Probed, limit: Deadline) -> None:
        self._client = client
        self._limit = limit
        self._signs = StateSigns()

    def look(self) -> StateSigns | None:
        """What a few writes and reads show; None if the service carries none of them out."""
        try:
            self._client.probe_listed()  # what is cached by it is old when it is read again
            marks = self._create()
            if not marks:
                return self._signs if self._signs.refused_but_done else None
            self._signs.drops_queries = self._client.probe_query()
            early = [thing for thing in list(marks)[:EARLY] if self._shows(thing, marks[thing])]
            if self._load():
                self._signs.early = len(early)
            things = list(marks)
            read_before = things[: len(things) // 2]
            shown = self._read_until(read_before, marks)
            if not any(shown.values()):
                self._client.probe_read(things[0])  # another number of requests, for one of two servers
                self._load()  # a service that loads late has loaded by now
                shown = self._read_until(read_before, marks)
            if not any(shown.values()):
                self._signs.lost["create"] = self._signs.created
                self._find_out_about_deletes(things)
                return self._signs
            lost = [thing for thing in read_before if not shown[thing]]
            self._signs.lost["create"] = len(lost)
            if not lost and self._load():
                self._signs.forgotten = sum(not self._is_there(thing) for thing in read_before)
            self._compare_list(
                [thing for thing in read_before if shown[thing]]
            )  # a read of others may be cached
            self._change([thing for thing in things if thing not in lost], marks, read_before)
            if not self._signs.has_odd_list:
                self._compare_list([thing for thing in things if self._shows(thing, marks[thing])])
            self._remove(things)
        except (Mismatch, UnsafeRequest):  # the service names things that are not of the run
            self._signs.lost.setdefault("create", self._signs.created)
            return self._signs if self._signs.created else None
        return self._signs

    def _create(self) -> dict[str, str]:
        """Write things; the mark of each by its id."""
        marks = {}
        refused = {}
        other_answers = set()
        for _ in range(THINGS):
            mark = self._client.probe_mark()
            self._signs.created += 1  # also if its answer names another thing
            thing, exchange = self._client.probe_create(mark)
            if _is_done(exchange) and thing:
                marks[thing] = mark
                if thing not in exchange.text:
                    other_answers.add(exchange.text)
            else:
                self._signs.created -= 1
                if thing:
                    refused[thing] = mark
        self._signs.refused += len(refused)
        if refused and not marks:
            self._load()
            self._signs.refused_but_done += sum(
                bool(self._shows(thing, mark)) for thing, mark in refused.items()
            )
        self._signs.other_ids = len(other_answers)
        return marks

    def _change(self, things: Sequence[str], marks: dict[str, str], read_before: Sequence[str]) -> None:
        before, changed = dict(marks), []
        for thing in read_before:
            self._client.probe_read(thing)  # for a cache that has dropped it meanwhile
        for thing in things:
            mark = self._client.probe_mark()
            if _is_done(self._client.probe_update(thing, mark)):
                marks[thing] = mark
                changed.append(thing)
        self._signs.updated = len(changed)
        self._load()
        at_once = {thing: self._shows(thing, marks[thing]) for thing in changed}
        stale = [thing for thing, is_shown in at_once.items() if is_shown is False]
        self._signs.stale_if_read = sum(thing in read_before for thing in stale)
        self._signs.stale_if_not_read = len(stale) - self._signs.stale_if_read
        shown = self._read_until(changed, marks)
        missing = [thing for thing, is_shown in shown.items() if not is_shown]
        lost = [thing for thing in missing if self._shows(thing, before[thing])]
        self._signs.lost["update"] = len(lost)
        if lost and self._load():
            self._signs.loaded_later = sum(bool(self._shows(thing, marks[thing])) for thing in lost)
        self._signs.merged = sum(
            bool(self._shows(thing, marks[thing]) and self._shows(thing, before[thing]))
            for thing in changed
            if shown[thing]
        )
        gone = [thing for thing in missing if thing not in lost]
        if any(thing in read_before for thing in gone):
            self._signs.vanished = len(gone)
        else:
            self._signs.lost["create"] += len(gone)

    def _remove(self, things: Sequence[str]) -> None:
        there = [thing for thing in things if self._is_there(thing)]
        gone = [thing for thing in things if _is_done(self._client.probe_delete(thing))]
        refused = [thing for thing in there if thing not in gone]
        self._signs.deleted = len(gone)
        self._signs.refused += len(refused)
        self._load()
        self._signs.refused_but_done += sum(not self._is_there(thing) for thing in refused)
        limit = Deadline(SETTLE_SECONDS / 2, self._limit)
        left = [thing for thing in gone if self._is_there(thing)]
        while left and not limit.is_over:
            time.sleep(PAUSE_SECONDS)
            left = [thing for thing in left if self._is_there(thing)]
        self._signs.lost["delete"] = len(left)
        if left:
            again = [thing for thing in left if _is_done(self._client.probe_delete(thing))]
            self._load()
            self._signs.removed_later = sum(not self._is_there(thing) for thing in again)

    def _find_out_about_deletes(self, things: Sequence[str]) -> None:
        answers = [self._client.probe_delete(things[0]) for _ in range(2)]
        self._signs.denies_unknown = _is_done(answers[0]) and not _is_done(answers[1])

    def _compare_list(self, things: Sequence[str]) -> None:
        """Hold the list against things that can be read, until some reads have them or the time is over.

        A list that has them in one read and not in the next one lacks them.
        """
        started = time.monotonic()
        limit = Deadline(SETTLE_SECONDS, self._limit)
        whole, late = 0, 0.0
        while (listed := self._client.probe_listed()) is not None:
            unlisted = [thing for thing in things if thing not in listed]
            if not unlisted:
                whole += 1
            if whole == SETTLED or (unlisted and (whole or limit.is_over)):
                self._signs.listed = len(things)
                self._signs.unlisted = len(unlisted)
                self._signs.listed_twice = sum(listed.count(thing) > 1 for thing in things)
                self._signs.list_seconds = 0.0 if unlisted else late
                return
            if unlisted:
                time.sleep(PAUSE_SECONDS)
                late = time.monotonic() - started

    def _load(self) -> bool:
        """Load what was written; False if writes show at once."""
        exchange = self._client.probe_load()
        self._signs.loads = self._signs.loads and (exchange is None or exchange.status == 200)
        return exchange is not None

    def _read_until(self, things: Sequence[str], marks: dict[str, str]) -> dict[str, bool | None]:
        """Read things until they show their marks, or the time is over; what was shown last."""
        started = time.monotonic()
        limit = Deadline(SETTLE_SECONDS, self._limit)
        shown: dict[str, bool | None] = {}
        waiting = list(things)
        late = False
        while waiting:
            for thing in waiting:
                shown[thing] = self._is_steady(thing, marks[thing])
            waiting = [thing for thing in waiting if not shown[thing]]
            if waiting and limit.is_over:
                break
            if waiting:
                late = True
                time.sleep(PAUSE_SECONDS)
        if late and not waiting:
            self._signs.seconds = max(self._signs.seconds, time.monotonic() - started)
        if waiting and self._signs.alternates:
            self._signs.never_settles = True
        return shown

    def _is_steady(self, thing: str, mark: str) -> bool | None:
        """True if each of some reads shows the mark; None if none of them tells."""
        reads = SETTLED if self._signs.alternates else AT_FIRST
        seen = [self._shows(thing, mark) for _ in range(reads)]
        told = [is_shown for is_shown in seen if is_shown is not None]
        if (True, False) in pairwise(told):  # the other way round it has just been loaded
            again = [
                self._shows(thing, mark) for _ in range(AT_FIRST)
            ]  # what is lost for good does not come back
            self._signs.alternates = self._signs.alternates or any(again)
        return all(told) if told else None

    def _shows(self, thing: str, mark: str) -> bool | None:
        for _ in range(TRIES):
            exchange = self._client.probe_read(thing)
            if exchange.status == 200 and not exchange.is_error_body:
                return exchange.answer is not None and mark in plain_text(exchange.answer.body)
            if exchange.status in (200, 400, 404):
                return False
        return None

    def _is_there(self, thing: str) -> bool:
        return any(_is_done(self._client.probe_read(thing)) for _ in range(2))


def _is_done(exchange: Exchange) -> bool:
    return 200 <= exchange.status < 300 and not exchange.is_error_body


def clients_of(client: Any) -> Probed | None:
    """The client as the probe uses it; None if its service has no such requests."""
    return client if hasattr(client, "probe_create") else None
