"""Causes in what a service keeps: nothing, not all, not at once, or not where it is read."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.engine.diagnosis.answers import lists
from contract_tests.engine.diagnosis.evidence import (
    LEAST,
    MOST,
    READING,
    Cause,
    Evidence,
    depends_on_state,
    share,
)
from contract_tests.engine.diagnosis.history import is_aged
from contract_tests.engine.diagnosis.secret import secret
from contract_tests.engine.failure import Failure
from contract_tests.engine.state_probe import SETTLE_SECONDS
from contract_tests.engine.state_signs import StateSigns

_CACHE_HEADERS = ("Age", "X-Cache", "CF-Cache-Status")
_WRITES = {"create": "created", "update": "changed", "delete": "deleted"}


def state(evidence: Evidence) -> Iterator[Cause]:
    """The cause that the probe of the state shows, if it shows one."""
    signs = evidence.signs
    if signs is None:
        return
    yield from _refuses_and_does(evidence, signs)
    if not signs.created or not signs.loads:
        return
    yield from _drops_queries(evidence, signs)
    for kind, sentence in (
        _keeps_nothing(evidence, signs),
        _forgets(evidence, signs),
        _cache(evidence, signs),
        _alternates(evidence, signs),
        _lag(evidence, signs),
        *_lost(evidence, signs),
    ):
        if sentence:
            yield Cause(kind, sentence, depends_on_state)
    yield from _loads_at_once(evidence, signs)
    yield from _merges(evidence, signs)


def listing(evidence: Evidence) -> Iterator[Cause]:
    """A list that the probe of the state saw to differ from what can be read one by one."""
    signs = evidence.signs
    if signs is None:
        return
    prefix = evidence.run.service.listing.prefix
    is_cut = any(cause.explains(failure) for cause in lists(evidence) for failure in evidence.failures)
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


def _drops_queries(evidence: Evidence, signs: StateSigns) -> Iterator[Cause]:
    """Queries that change no answer; if they do not come at all, a reload does not wait until it is done."""
    if not signs.drops_queries or signs.lost.get("create") == signs.created:
        return
    target = evidence.run.service.reload_target
    _, _, query = target.partition("?")
    if query and not (signs.seconds or signs.alternates or signs.lost.get("create")):
        summary = (
            "Answers are the same whatever the query (?...), although that of a reload comes to the "
            f"{evidence.name}, for it is done when it is answered: as with a cache that takes requests for "
            "one if only their queries differ."
        )
        yield Cause("queries-dropped", summary, lambda failure: _has_query(failure, besides=target))
        return
    waits = (
        f"; a reload without {query} is answered before it is done"
        if query
        else ", unless a cache takes requests for one if only their queries differ"
    )
    summary = (
        f"Requests come to the {evidence.name} without their queries (?...): an answer that one must change "
        f"is as without it{waits}."
    )
    yield Cause("queries-dropped", summary, _has_query)


def _forgets(evidence: Evidence, signs: StateSigns) -> tuple[str, str]:
    if signs.vanished >= LEAST:
        return "forgets", (
            f"Things are gone after an update: {signs.vanished} of {signs.updated} that the {evidence.name} "
            "answered as updated can no longer be read by their ids, as if an update removed them or gave "
            "them other ids."
        )
    if signs.forgotten < LEAST:
        return "", ""
    return "forgets", (
        f"The {evidence.name} forgets at a reload what an earlier one had loaded: {signs.forgotten} things "
        "could be read before it and not after it, and no request had removed them."
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
            f"The {evidence.name} does not reload, or loads from another place than it writes to: a reload "
            f"is answered 200, and {kept} cannot be read."
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
    has_ages = any(is_aged(exchange.header("Age")) for exchange in evidence.log)
    if signs.stale_if_read == 0 or (signs.stale_if_not_read and not has_ages):
        return "", ""
    if signs.stale_if_read * 2 < signs.updated / 2 and not has_ages:
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
            f"{SETTLE_SECONDS:g} s: several {evidence.name}s that do not share what they keep"
            f"{_or_not_loaded(evidence)} seem to be behind this address."
        )
    return "lag", (
        f"Reads lag behind: after {_after(evidence)}, old and new answers alternate for about "
        f"{signs.seconds:.1f} s, as with a replica that is read from."
    )


def _or_not_loaded(evidence: Evidence) -> str:
    return ", or are not all reloaded," if evidence.run.service.reload_target else ""


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
    if signs.loaded_later >= LEAST and signs.loaded_later == lost.get("update"):
        yield (
            "no-reload",
            (
                f"The {evidence.name} answers some reloads as done and does not do them: "
                f"{signs.loaded_later} of "
                f"{signs.updated} things that were changed showed it only after one more reload, as where "
                "reloads that follow closely are left out."
            ),
        )
    elif len(lost) == 1 and always:
        does = f"answers each {always[0]} as done and does not do it"
        later = "; a second one removes them" if always == ["delete"] and signs.removed_later else ""
        yield "lost-writes", f"The {evidence.name} {does}: {told} are as before{later}."
    else:
        does = "loses writes: they are answered as done"
        yield "lost-writes", f"The {evidence.name} {does}, but {told} are as before."


def _refuses_and_does(evidence: Evidence, signs: StateSigns) -> Iterator[Cause]:
    if signs.refused_but_done >= LEAST and share(signs.refused_but_done, signs.refused) >= MOST:
        summary = (
            f"The {evidence.name} carries out writes that it answers as refused: {signs.refused_but_done} of "
            f"{signs.refused} of them, as if something in front sent each one twice."
        )
        yield Cause("refused-but-done", summary, depends_on_state)


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


def _has_query(failure: Failure, besides: str = "") -> bool:
    return any("?" in exchange.target and exchange.target != besides for exchange in failure.involved)


def _reads_after_a_write(failure: Failure) -> bool:
    at = failure.at
    return depends_on_state(failure) and at is not None and at.method in READING and at.status == 200
