"""The cause of a member that is lost when it is written: answers lack it, and what depends on it differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from contract_tests.engine.diagnosis.bodies import Change, changes_by_failure
from contract_tests.engine.diagnosis.evidence import LEAST, MOST, READING, Cause, Evidence, share
from contract_tests.engine.failure import Failure

FEW = 0.1  # answers with a value in a lost member, for each failure that its loss explains


def lost_members(evidence: Evidence) -> Iterator[Cause]:
    """A member that is sent with values, and that hardly any answer to a read has with one."""
    changes = changes_by_failure(evidence)
    counts = Counter(
        member
        for found in changes.values()
        for member in {change.member for change in found if change.member}
    )
    candidates = []
    for member, count in counts.items():
        if count < LEAST:
            continue
        explains = _either(_lacks(member, changes), _writes(member))
        explained = sum(map(explains, evidence.failures))
        lacking = sum(map(_lacks(member, changes), evidence.failures))
        is_most = share(explained, len(evidence.failures)) >= MOST and explained > lacking
        if is_most and share(_valued(evidence, member), explained) <= FEW:
            candidates.append((explained, count, member, explains))
    if not candidates:
        return
    explained, count, member, explains = max(candidates, key=lambda entry: entry[:3])
    summary = (
        f"The {evidence.name} loses the member {member!r} of what is written: "
        f"{explained} of {len(evidence.failures)} failures sent a value in it or lack that in an answer."
    )
    yield Cause("member-lost", evidence.masked(summary), explains)


def _valued(evidence: Evidence, member: str) -> int:
    """The number of answers to reads of the run that have a value in a member."""
    reads = (exchange for exchange in evidence.of_operations if exchange.method in READING)
    values = (exchange.document.get(member) for exchange in reads)
    return sum(any(value.values()) if isinstance(value, dict) else bool(value) for value in values)


def _lacks(member: str, changes: dict[int, frozenset[Change]]) -> Callable[[Failure], bool]:
    """True for a failure whose body has lost the value of a member."""
    return lambda failure: any(change.member == member for change in changes.get(id(failure), ()))


def _writes(member: str) -> Callable[[Failure], bool]:
    """True for a failure whose test sent a value in a member, which may be why another answer differs."""
    return lambda failure: any(exchange.sent_document.get(member) for exchange in failure.exchanges)


def _either(one: Callable[[Failure], bool], other: Callable[[Failure], bool]) -> Callable[[Failure], bool]:
    return lambda failure: one(failure) or other(failure)
