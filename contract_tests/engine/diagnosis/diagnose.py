"""The findings of a run: its failures by their causes, root causes first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from contract_tests.engine.diagnosis import bodies, operations, secret, state, version
from contract_tests.engine.diagnosis.evidence import Cause, Evidence
from contract_tests.engine.diagnosis.groups import groups
from contract_tests.engine.failure import Failure
from contract_tests.report.findings import Finding

Detector = Callable[[Evidence], Iterable[Cause]]

DETECTORS: tuple[Detector, ...] = (  # in the order of their rank: what an earlier one explains is explained
    operations.silence,
    operations.rate_limit,
    operations.dead_operations,
    operations.occasional_errors,
    bodies.encodings,
    state.state,
    secret.secret,
    version.version,
    bodies.content_types,
    bodies.pages,
    bodies.bodies,
    operations.refusing_operations,
    state.cache_headers,
)
LEAST = 2  # failures that a cause must explain to be told, unless it explains all


def findings(evidence: Evidence) -> tuple[Finding, ...]:
    """The findings of a run; each failure is in exactly one of them."""
    return tuple(_findings(evidence))


def _findings(evidence: Evidence) -> Iterator[Finding]:
    left = list(evidence.failures)
    for detector in DETECTORS:
        for cause in detector(evidence):
            explained = [failure for failure in left if cause.explains(failure)]
            if len(explained) >= min(LEAST, len(evidence.failures)) and explained:
                yield _finding(cause, explained)
                identities = {id(failure) for failure in explained}
                left = [failure for failure in left if id(failure) not in identities]
    for cause, group in groups(evidence, left):
        yield _finding(cause, group)


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
