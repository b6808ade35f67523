"""The findings of a run: its failures by their causes, root causes first."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from contract_tests.engine.diagnosis import (
    answers,
    bodies,
    credentials,
    forwarded,
    history,
    lost_members,
    operations,
    requests,
    secret,
    sizes,
    state,
    version,
)
from contract_tests.engine.diagnosis.evidence import Cause, Evidence
from contract_tests.engine.diagnosis.groups import groups, one_by_one
from contract_tests.engine.failure import Failure
from contract_tests.report.findings import Finding

Detector = Callable[[Evidence], Iterable[Cause]]

DETECTORS: tuple[Detector, ...] = (  # in the order of their rank: what an earlier one explains is explained
    sizes.sizes,
    operations.silence,
    operations.rate_limit,
    operations.occasional_errors,
    operations.dead_operations,
    answers.encodings,
    answers.broken_json,
    answers.envelopes,
    answers.errors_as_success,
    history.mixed,
    history.forgetting,
    state.state,
    secret.secret,
    history.undeleted,
    version.versions,
    version.version,
    operations.traffic,
    credentials.lost_credentials,
    forwarded.changed_credentials,
    credentials.unadmitted_keys,
    forwarded.shared_answers,
    forwarded.unrefused,
    answers.repeated_headers,
    answers.content_types,
    answers.pages,
    answers.types_of_errors,
    lost_members.lost_members,
    bodies.bodies,
    state.listing,
    answers.wrapped_lists,
    answers.lists,
    operations.refusing_operations,
    history.cache_headers,
    requests.traits,
)
MINOR = 0.15  # share of the failures below which a cause is told by its size and not by its rank


def findings(evidence: Evidence) -> tuple[Finding, ...]:
    """The findings of a run; each failure is in exactly one of them.

    Root causes come first by their rank, then what touches less by its size.
    """
    major, minor, defects = [], [], list[Finding]()
    left = list(evidence.failures)
    least = MINOR * len(left)
    postponed: list[Cause] = []
    for detector in DETECTORS:
        with defect_told_in(defects):
            for cause in detector(evidence):
                explained, others = _parted(cause, left)
                if explained and len(explained) >= least:
                    major.append(_finding(cause, explained))
                    left = others
                else:
                    postponed.append(cause)
    for cause in postponed:
        explained, left = _parted(cause, left)
        if explained:
            minor.append(_finding(cause, explained))
    grouped = one_by_one(left)
    with defect_told_in(defects):
        grouped = groups(evidence, left)
    minor += [_finding(cause, group) for cause, group in grouped]
    minor.sort(key=lambda finding: -len(finding.behaviours))
    return (*major, *minor, *defects)


@contextmanager
def defect_told_in(findings: list[Finding]) -> Iterator[None]:
    """Add a finding for what raises within, so that a defect of the diagnosis does not cost the verdict."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  whatever an answer made the diagnosis stumble over
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}: {type(error).__name__}: {error}"
        findings.append(
            Finding("suite", f"One cause could not be looked for, by a defect of tyk-contract ({where}).")
        )


def _parted(cause: Cause, failures: Sequence[Failure]) -> tuple[list[Failure], list[Failure]]:
    """The failures that a cause explains, and the others."""
    explained: list[Failure] = []
    others: list[Failure] = []
    for failure in failures:
        (explained if cause.explains(failure) else others).append(failure)
    return explained, others


def _finding(cause: Cause, failures: Sequence[Failure]) -> Finding:
    """A finding with the failure that is shown in the fewest exchanges as its example."""
    example = min(failures, key=lambda failure: (not failure.exchanges, len(failure.exchanges))).verdict
    return Finding(
        cause=cause.kind,
        summary=cause.summary,
        behaviours=tuple(dict.fromkeys(failure.verdict.behaviour for failure in failures)),
        operations=tuple(dict.fromkeys(failure.verdict.operation for failure in failures)),
        statement=example.statement,
        source=example.source,
        expected=example.expected,
        actual=example.actual,
        hint=example.hint,
        curl=example.curl,
    )
