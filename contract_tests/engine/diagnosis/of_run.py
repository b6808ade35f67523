"""The diagnosis of a run: a probe of what the service keeps, and the findings."""

from __future__ import annotations

from contextlib import suppress

from contract_tests.engine.diagnosis.diagnose import findings
from contract_tests.engine.diagnosis.evidence import Evidence
from contract_tests.engine.scheduler import Scheduler
from contract_tests.engine.state_probe import StateProbe, StateSigns, clients_of
from contract_tests.engine.target import RunEnded
from contract_tests.report.findings import Finding
from contract_tests.report.verdicts import Status
from mockserver.http.deadline import Deadline

PROBE_SECONDS = 45.0  # for all requests of the probe
LEAST = 3  # failures that are worth the probe


def diagnosed(scheduler: Scheduler) -> tuple[Finding, ...]:
    """The failures of a run by their causes."""
    return findings(
        Evidence(
            run=scheduler.run,
            failures=tuple(scheduler.failures),
            log=tuple(scheduler.run.target.log),
            signs=_signs(scheduler),
            passed=frozenset(
                verdict.behaviour
                for verdict in scheduler.verdicts.values()
                if verdict.status is Status.PASSED
            ),
        )
    )


def _signs(scheduler: Scheduler) -> StateSigns | None:
    run = scheduler.run
    client = clients_of(scheduler.new_client())
    if client is None or run.options.read_only or run.target.gone or len(scheduler.failures) < LEAST:
        return None
    run.target.limit.set(PROBE_SECONDS)
    with suppress(RunEnded):
        return StateProbe(client, Deadline(PROBE_SECONDS)).look()
    return None
