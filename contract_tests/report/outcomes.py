"""Outcomes: the verdict on a service, or on one level of its behaviours, in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class OutcomeStatus(Enum):
    """The verdict on a service or a level, in a word for programs."""

    FAILS = "does-not-conform"
    IN_DOUBT = "in-doubt"
    STALE_BASELINE = "conforms-baseline-out-of-date"
    KNOWN_FAILURES = "conforms-with-known-failures"
    PARTLY = "conforms-as-far-as-judged"
    CONFORMS = "conforms"
    NOT_JUDGED = "not-judged"


@dataclass(frozen=True)
class Outcome:
    """The verdict on a service, or on one level of its behaviours.

    Attributes:
        sentence: the verdict in words.
        judged: the number of behaviours with a verdict.
        applicable: the number of those that a full run judges.
    """

    status: OutcomeStatus
    sentence: str
    judged: int
    applicable: int


def outcome_of(
    judged: int, applicable: int, *, failed: int, errors: int, accepted: int, stale: int
) -> Outcome:
    """The outcome of so many behaviours that were judged, of those that a full run judges."""
    extent = f" as far as judged ({judged} of {applicable})" if judged < applicable else ""
    known = f" with {accepted} known failure{'' if accepted == 1 else 's'}" if accepted else ""
    if not judged:
        status, sentence = OutcomeStatus.NOT_JUDGED, "not judged"
    elif failed:
        status, sentence = OutcomeStatus.FAILS, "does not conform"
    elif errors:
        status, sentence = OutcomeStatus.IN_DOUBT, f"in doubt: {errors} could not be judged"
    elif stale:
        entries = "1 baseline entry is" if stale == 1 else f"{stale} baseline entries are"
        status, sentence = OutcomeStatus.STALE_BASELINE, f"conforms{extent}{known}; {entries} out of date"
    elif known:
        status, sentence = OutcomeStatus.KNOWN_FAILURES, f"conforms{extent}{known}"
    elif extent:
        status, sentence = OutcomeStatus.PARTLY, f"conforms{extent}"
    else:
        status, sentence = OutcomeStatus.CONFORMS, "conforms"
    return Outcome(status, sentence, judged, applicable)
