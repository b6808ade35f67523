"""Causes in the order of exchanges: things that are forgotten, and answers of the past."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from contract_tests.engine.diagnosis.evidence import LEAST, READING, Cause, Evidence, depends_on_state, share
from contract_tests.engine.exchange import plain_text
from mockserver.golang import http_dates

FEW = 0.1  # share of forgotten things that may come back, as a test may write them anew


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
    """Things that could be read, and later could not, although no write named them meanwhile.

    If several of them come back by themselves, reads are answered by turns, which is another cause.
    """
    if evidence.signs is not None and evidence.signs.alternates:
        return
    prefix = f"{evidence.run.service.listing.prefix}/{evidence.run.ownership.run}"
    named: set[str] = set()  # by a write after they had been read
    shown: set[str] = set()
    forgotten: set[str] = set()
    returned: set[str] = set()
    for exchange in evidence.log:
        path = unquote(exchange.target.partition("?")[0])
        if exchange.method not in READING:
            sent = f"{path} {plain_text(exchange.body or b'')}"
            named |= {name for name in shown if name.rpartition("/")[2] in sent}
        elif exchange.method != "GET" or not path.startswith(prefix) or path in named:
            continue
        elif exchange.status == 200:
            shown.add(path)
            returned |= {path} & forgotten
        elif exchange.status == 404 and path in shown:
            forgotten.add(path)
    forgotten -= named
    if len(returned) > FEW * len(forgotten):
        return
    if len(forgotten) >= LEAST:
        summary = (
            f"The {evidence.name} forgets what it had, as one that restarts and keeps nothing on disk: "
            f"{len(forgotten)} things that could be read were gone later, and no request had removed them."
        )
        yield Cause("forgets", summary, depends_on_state)


def _older_than_their_requests(evidence: Evidence) -> int:
    """The number of answers that were made a second or more before they were asked for.

    The answer that was made last, as its Date says when it comes, tells the clock of the service.
    """
    made = [
        (date, exchange)
        for exchange in evidence.of_operations
        if (date := http_dates.parse(exchange.header("Date"))) is not None
    ]
    clock = max((date - exchange.asked - exchange.seconds for date, exchange in made), default=0.0)
    return sum(date + 1 <= exchange.asked + clock for date, exchange in made)


def is_aged(text: str) -> bool:
    """True for a value of the header Age."""
    return text.isdecimal()
