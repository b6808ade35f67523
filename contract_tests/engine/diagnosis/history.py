"""Causes in the order of exchanges: things that are forgotten, and answers of the past."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from contract_tests.engine.checks import shorten
from contract_tests.engine.diagnosis.evidence import (
    LEAST,
    MOST,
    READING,
    Cause,
    Evidence,
    depends_on_state,
    share,
)
from contract_tests.engine.exchange import Exchange
from mockserver.golang import http_dates

SHOWN = 80  # characters of a target or an answer in a sentence
HALF = 0.5  # of the answers, which are those of their own requests
FEW = 0.1  # older things that may be shown for each one that is gone, as a test may write them anew


def cache_headers(evidence: Evidence) -> Iterator[Cause]:
    """A cache that its headers betray, if the probe of the state shows nothing."""
    aged = sum(is_aged(exchange.header("Age")) for exchange in evidence.log)
    dated = _older_than_their_requests(evidence)
    for count, what in ((aged, "tell their Age"), (dated, "have a Date before that of their requests")):
        if share(count, len(evidence.log)) > 0.01:
            summary = f"A cache is in front of the {evidence.name}: {count} answers {what}."
            yield Cause("cache", summary, depends_on_state)
            return


def forgetting(evidence: Evidence) -> Iterator[Cause]:
    """Things that were loaded and are gone later, with all older ones, although no request removed them.

    Where an older thing is shown afterwards, single writes were lost or show late, which are other causes.
    If all that is gone was updated last, updates are the cause.
    """
    signs = evidence.signs
    if signs is not None and (
        signs.alternates or signs.seconds or signs.drops_queries or signs.forgotten or signs.loaded_later
    ):
        return
    prefix = f"{evidence.run.service.listing.prefix}/"
    reload = evidence.run.service.reload_target
    written: dict[str, int] = {}  # when the last write of a thing was
    updated: set[str] = set()  # things whose last write was an update
    loaded = newest_gone = -1
    gone: set[str] = set()
    shown = older = 0
    for now, exchange in enumerate(evidence.log):
        path = exchange.target.partition("?")[0]
        name = unquote(path.removeprefix(prefix)) if path.startswith(prefix) else ""
        if exchange.method not in READING:
            told = {name, *_texts_of(exchange, ("key", "Message"))} - {""}
            done = exchange.status == 200 and not exchange.is_error_body and exchange.method != "DELETE"
            written = {known: at for known, at in written.items() if known not in told}
            written |= dict.fromkeys(told if done else (), now)
            updated = updated | told if exchange.method == "PUT" else updated - told
        elif reload and exchange.target == reload and exchange.status == 200:
            loaded = now
        elif exchange.method == "GET" and name in written and (not reload or written[name] < loaded):
            if exchange.status == 404:
                gone.add(name)
                newest_gone = max(newest_gone, written[name])
            elif exchange.status == 200:
                shown += 1
                older += written[name] < newest_gone
    if gone - updated and len(gone) >= LEAST and shown >= LEAST and older <= FEW * len(gone):
        summary = (
            f"The {evidence.name} forgets what it had, as one that restarts and keeps nothing on disk: "
            f"{len(gone)} things that were written were gone later, with all older ones, and no request had "
            "removed them."
        )
        yield Cause("forgets", summary, depends_on_state)


def undeleted(evidence: Evidence) -> Iterator[Cause]:
    """Things that can be read after they were deleted, of those whose writes show without a reload."""
    deleted: dict[str, Exchange] = {}
    still: dict[str, Exchange] = {}
    gone = set()
    for exchange in evidence.of_operations:
        path = exchange.target.partition("?")[0]
        is_done = 200 <= exchange.status < 300 and not exchange.is_error_body
        if exchange.method not in READING:
            deleted = {known: e for known, e in deleted.items() if not _names(exchange, known)}
            shows_at_once = not evidence.run.ownership.resource_of(path).loaded_by_reload
            if exchange.method == "DELETE" and is_done and shows_at_once:
                deleted[path] = exchange
        elif path in deleted and exchange.method == "GET" and is_done:
            still[path] = deleted[path]
        elif path in deleted and exchange.status == 404:
            gone.add(path)
    if len(still) >= LEAST and share(len(still), len(still) + len(gone)) >= MOST:
        example = next(iter(still.values()))
        summary = (
            f"The {evidence.name} answers deletes as done and does not do them: {len(still)} of "
            f"{len(still) + len(gone)} things could be read afterwards, as after DELETE "
            f"{shorten(evidence.masked(example.target), SHOWN)}."
        )
        yield Cause(
            "lost-writes",
            summary,
            lambda failure: any(e.target.partition("?")[0] in still for e in failure.involved),
        )


def _names(exchange: Exchange, path: str) -> bool:
    """True if a write is to a path, or names what is there."""
    name, body = unquote(path.rpartition("/")[2]), (exchange.body or b"").decode("utf-8", "replace")
    return any(name in text for text in (unquote(exchange.target), body, exchange.text))


def _older_than_their_requests(evidence: Evidence) -> int:
    """The number of answers to reads that were made a second or more before they were asked for.

    The answer that was made last, as its Date says when it comes, tells the clock of the service.
    """
    made = [
        (date, exchange)
        for exchange in evidence.of_operations
        if (date := http_dates.parse(exchange.header("Date"))) is not None
    ]
    clock = max((date - exchange.asked - exchange.seconds for date, exchange in made), default=0.0)
    reads = [(date, e) for date, e in made if e.method == "GET" and e.status == 200]  # a cache has no others
    return sum(date + 1 <= exchange.asked + clock for date, exchange in reads)


def mixed(evidence: Evidence) -> Iterator[Cause]:
    """Answers that name another thing than their requests, one that another request names.

    Not all do, and they name several things, so that the server is not one that has but some canned answers.
    Whatever else fails may have had an answer of another request.
    """
    prefix = f"{evidence.run.service.listing.prefix}/"
    named = [
        (unquote(exchange.target.partition("?")[0].removeprefix(prefix)), exchange)
        for exchange in evidence.of_operations
        if exchange.method == "GET" and exchange.target.startswith(prefix)
    ]
    names = {name for name, _ in named}
    others = [
        (told, exchange)
        for name, exchange in named
        if exchange.status == 200
        and (told := frozenset(_texts_of(exchange, ("id", "_id"))))
        and name.lower() not in {other.lower() for other in told}
        and told <= names
    ]
    if len({told for told, _ in others}) >= LEAST and share(len(others), len(named)) < HALF:
        _, example = others[0]
        summary = (
            f"Answers are those of other requests: {len(others)} name another thing than is asked for, as "
            f"{example.method} {shorten(evidence.masked(example.target), SHOWN)}: "
            f"{shorten(evidence.masked(example.text), SHOWN)}."
        )
        yield Cause("mixed", summary, lambda _: True)


def _texts_of(exchange: Exchange, members: tuple[str, ...]) -> set[str]:
    """The texts in some members of an answer."""
    values = (exchange.document.get(member) for member in members)
    return {value for value in values if value and isinstance(value, str)}


def is_aged(text: str) -> bool:
    """True for a value of the header Age."""
    return text.isdecimal()
