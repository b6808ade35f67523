"""Causes in what a service keeps: nothing, not all, not at once, or not where it is read."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.engine.diagnosis.evidence import Cause, Evidence, share
from contract_tests.engine.diagnosis.secret import secret
from contract_tests.engine.failure import Failure
from contract_tests.engine.state_probe import SETTLE_SECONDS, StateSigns

_READING = {"GET", "HEAD", "OPTIONS"}
_CACHE_HEADERS = ("Age", "X-Cache", "CF-Cache-Status")
_WRITES = {"create": "created", "update": "changed", "delete": "deleted"}


def state(evidence: Evidence) -> Iterator[Cause]:
    """The cause that the probe of the state shows, if it shows one."""
    signs = evidence.signs
    if signs is None or not signs.created or not signs.loads:
        return
    for kind, sentence in (
        _keeps_nothing(evidence, signs),
        _cache(evidence, signs),
        _alternates(evidence, signs),
        _lag(evidence, signs),
        *_lost(evidence, signs),
    ):
        if sentence:
            yield Cause(kind, sentence, _depends_on_state)


def cache_headers(evidence: Evidence) -> Iterator[Cause]:
    """A cache that its headers betray, if the probe of the state shows nothing."""
    aged = [exchange for exchange in evidence.log if _is_aged(exchange.header("Age"))]
    if aged and share(len(aged), len(evidence.log)) > 0.01:
        summary = f"A cache is in front of the {evidence.name}: {len(aged)} answers tell their Age."
        yield Cause("cache", summary, _depends_on_state)


def _keeps_nothing(evidence: Evidence, signs: StateSigns) -> tuple[str, str]:
    lost = signs.lost.get("create", 0)
    if lost < signs.created or signs.alternates:
        return "", ""
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
    return "keeps-nothing", (
        f"The {evidence.name} keeps nothing: {lost} of {signs.created} writes were answered as done, and "
        f"none could be read afterwards{_and_no_secret(evidence)}."
    )


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


def _depends_on_state(failure: Failure) -> bool:
    """True for a test that wrote or reloaded something, as it was told."""
    return any(e.status and (e.method not in _READING or "reload" in e.target) for e in failure.exchanges)


def _is_aged(text: str) -> bool:
    return text.isdecimal()
