"""Causes in what a service keeps: nothing, not all, not at once, or not where it is read."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from contract_tests.engine.diagnosis.answers import lists
from contract_tests.engine.diagnosis.evidence import LEAST, MOST, Cause, Evidence, share
from contract_tests.engine.diagnosis.secret import secret
from contract_tests.engine.exchange import plain_text
from contract_tests.engine.failure import Failure
from contract_tests.engine.state_probe import SETTLE_SECONDS
from contract_tests.engine.state_signs import StateSigns
from mockserver.golang import http_dates

_READING = {"GET", "HEAD", "OPTIONS"}
_CACHE_HEADERS = ("Age", "X-Cache", "CF-Cache-Status")
FEW = 0.1  # share of forgotten things that may come back, as a test may write them anew
_WRITES = {"create": "created", "update": "changed", "delete": "deleted"}


def state(evidence: Evidence) -> Iterator[Cause]:
    """The cause that the probe of the state shows, if it shows one."""
    signs = evidence.signs
    if signs is None:
        return
    yield from _refuses_and_does(evidence, signs)
    if not signs.created or not signs.loads:
        return
    for kind, sentence in (
        _keeps_nothing(evidence, signs),
        _drops_queries(evidence, signs),
        _cache(evidence, signs),
        _alternates(evidence, signs),
        _lag(evidence, signs),
        *_lost(evidence, signs),
    ):
        if sentence:
            yield Cause(kind, sentence, _has_query if kind == "queries-dropped" else _depends_on_state)
    yield from _loads_at_once(evidence, signs)
    yield from _merges(evidence, signs)


def listing(evidence: Evidence) -> Iterator[Cause]:
    """A list that the probe of the state saw to differ from what can be read one by one."""
    signs = evidence.signs
    if signs is None:
        return
    prefix = evidence.run.service.listing.prefix
    is_cut = any(lists(evidence))
    if signs.unlisted and not is_cut:
        kind, what = (
            "list-lacks",
            f"lacks {signs.unlisted} of {signs.listed} things that can be read one by one",
        )
    elif signs.listed_twice:
        kind, what = "list-repeats", f"has {signs.listed_twice} of {signs.listed} things more than once"
    elif signs.list_seconds and not signs.seconds:
        kind, what = (
            "lag",
            (f"lags behind: it has what can be read one by one about {signs.list_seconds:.1f} s later"),
        )
    else:
        return
    yield Cause(kind, f"The list GET {prefix} {what}.", lambda failure: _reads(failure, prefix))


def cache_headers(evidence: Evidence) -> Iterator[Cause]:
    """A cache that its headers betray, if the probe of the state shows nothing."""
    aged = sum(_is_aged(exchange.header("Age")) for exchange in evidence.log)
    dated = _older_than_their_requests(evidence)
    for count, what in ((aged, "tell their Age"), (dated, "have a Date before that of their requests")):
        if share(count, len(evidence.log)) > 0.01:
            summary = f"A cache is in front of the {evidence.name}: {count} answers {what}."
            yield Cause("cache", summary, _depends_on_state)
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
        if exchange.method not in _READING:
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
        yield Cause("forgets", summary, _depends_on_state)


def _drops_queries(evidence: Evidence, signs: StateSigns) -> tuple[str, str]:
    """Queries that do not come to the service; a reload then does not wait until it is done."""
    if not signs.drops_queries:
        return "", ""
    _, _, query = evidence.run.service.reload_target.partition("?")
    waits = f"; a reload without {query} is answered before it is done" if query else ""
    return "queries-dropped", (
        f"Requests come to the {evidence.name} without their queries (?...): an answer that one must change "
        f"is as without it{waits}."
    )


def _keeps_nothing(evidence: Evidence, signs: StateSigns) -> tuple[str, str]:
    lost = signs.lost.get("create", 0)
    if lost < signs.created or signs.alternates:
        return "", ""
    if signs.other_ids > 1:
        return "other-ids", (
            f"The {evidence.name} gives things other ids than they are sent with: {signs.other_ids} of "
            f"{signs.created} answers to a write name another one, and none can be read by its own."
        )
    kept = f"{lost} of {signs.created} things that were written are kept, for they can be deleted, and"
    if signs.denies_unknown and evidence.run.service.reload_target:
        return "no-reload", (
            f"The {evidence.name} does not reload: a reload is answered 200 and loads nothing; {kept} cannot "
            "be read."
        )
    if signs.denies_unknown:
        return "divided", (
            f"The {evidence.name} never shows what is written: {kept} cannot be read, as if reads went to "
            f"another {evidence.name} than writes."
        )
    if _has_shown(evidence):
        return "keeps-nothing", (
            f"The {evidence.name} keeps nothing more after a time: {lost} of {signs.created} writes at the "
            "end were answered as done, and none could be read afterwards, while earlier ones could be."
        )
    return "keeps-nothing", (
        f"The {evidence.name} keeps nothing: {lost} of {signs.created} writes were answered as done, and "
        f"none could be read afterwards{_and_no_secret(evidence)}."
    )


def _has_shown(evidence: Evidence) -> bool:
    """True if a thing of the run could be read by its id, once."""
    names = ((e.target.rpartition("/")[2], e) for e in evidence.log if e.method == "GET" and e.status == 200)
    return any(name.startswith(evidence.run.ownership.run) and name in e.text for name, e in names)


def _and_no_secret(evidence: Evidence) -> str:
    return "; it asks for no secret either" if any(secret(evidence)) else ""


def _cache(evidence: Evidence, signs: StateSigns) -> tuple[str, str]:
    """Things that were read before are stale, the others are not; or the answers say that they are old."""
    is_aged = any(_is_aged(exchange.header("Age")) for exchange in evidence.log)
    if signs.stale_if_read == 0 or (signs.stale_if_not_read and not is_aged):
        return "", ""
    if signs.stale_if_read * 2 < signs.updated / 2 and not is_aged:
        return "", ""
    header = next((h for h in _CACHE_HEADERS if any(e.header(h) for e in evidence.log)), "")
    lost = signs.lost.get("update", 0)
    until = f"over {SETTLE_SECONDS:g} s" if lost else f"about {max(signs.seconds, 0.1):.1f} s"
    told = f"; its answers have the header {header}" if header else ""
    return "cache", (
        f"A cache is in front of the {evidence.name}: what was read before a change is answered as it was, "
        f"for {until}, and what was not read is answered as it is{told}."
    )


def _alternates(evidence: Evidence, signs: StateSigns) -> tuple[str, str]:
    if not signs.alternates:
        return "", ""
    if signs.never_settles:
        return "divided", (
            f"One and the same read is answered in two ways by turns, and that does not end within "
            f"{SETTLE_SECONDS:g} s: several {evidence.name}s that do not share what they keep seem to be "
            "behind this address."
        )
    return "lag", (
        f"Reads lag behind: after {_after(evidence)}, old and new answers alternate for about "
        f"{signs.seconds:.1f} s, as with a replica that is read from."
    )


def _lag(evidence: Evidence, signs: StateSigns) -> tuple[str, str]:
    if signs.alternates or not (signs.stale_if_read or signs.stale_if_not_read or signs.seconds):
        return "", ""
    if not signs.seconds:
        return "", ""
    return "lag", (
        f"Reads lag behind: what {_after(evidence)} changed is shown about {signs.seconds:.1f} s later, "
        "as with a replica that is read from."
    )


def _after(evidence: Evidence) -> str:
    return "a write and a reload" if evidence.run.service.reload_target else "a write"


def _lost(evidence: Evidence, signs: StateSigns) -> Iterator[tuple[str, str]]:
    totals = {"create": signs.created, "update": signs.updated, "delete": signs.deleted}
    lost = {kind: number for kind, number in signs.lost.items() if number}
    if not lost or sum(lost.values()) == 0:
        return
    parts = [
        f"{lost[kind]} of {totals[kind]} things that were {_WRITES[kind]}" for kind in _WRITES if kind in lost
    ]
    told = ", ".join(parts)
    always = [kind for kind in lost if lost[kind] == totals[kind]]
    if len(lost) == 1 and always:
        does = f"answers each {always[0]} as done and does not do it"
        yield "lost-writes", f"The {evidence.name} {does}: {told} are as before."
    else:
        does = "loses writes: they are answered as done"
        yield "lost-writes", f"The {evidence.name} {does}, but {told} are as before."


def _refuses_and_does(evidence: Evidence, signs: StateSigns) -> Iterator[Cause]:
    if signs.refused_but_done >= LEAST and share(signs.refused_but_done, signs.refused) >= MOST:
        summary = (
            f"The {evidence.name} carries out writes that it answers as refused: {signs.refused_but_done} of "
            f"{signs.refused} of them, as if something in front sent each one twice."
        )
        yield Cause("refused-but-done", summary, _depends_on_state)


def _loads_at_once(evidence: Evidence, signs: StateSigns) -> Iterator[Cause]:
    if signs.early:
        summary = (
            f"The {evidence.name} shows writes before a reload: what was created could be read at once, "
            "although nothing had loaded it."
        )
        yield Cause("loads-at-once", summary, _reads_after_a_write)


def _merges(evidence: Evidence, signs: StateSigns) -> Iterator[Cause]:
    if signs.merged:
        summary = (
            f"The {evidence.name} merges an update into what was there, and does not replace it: a member "
            f"that the update left out stayed in {signs.merged} of {signs.updated} things."
        )
        yield Cause("merges", summary, lambda failure: any(e.method == "PUT" for e in failure.exchanges))


def _reads(failure: Failure, path: str) -> bool:
    """True for a test that read a list, at a path or below it."""
    return any(
        e.method == "GET" and e.target.partition("?")[0] in (path, f"{path}/search") for e in failure.involved
    )


def _has_query(failure: Failure) -> bool:
    return any("?" in exchange.target for exchange in failure.involved)


def _reads_after_a_write(failure: Failure) -> bool:
    at = failure.at
    return _depends_on_state(failure) and at is not None and at.method in _READING and at.status == 200


def _depends_on_state(failure: Failure) -> bool:
    """True for a test that wrote or reloaded something, as it was told."""
    return any(e.status and (e.method not in _READING or "reload" in e.target) for e in failure.exchanges)


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


def _is_aged(text: str) -> bool:
    return text.isdecimal()
