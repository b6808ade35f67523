"""The diagnosis of a run: a probe of what the service keeps, and the findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from contract_tests.engine.diagnosis.diagnose import defect_told_in, findings
from contract_tests.engine.diagnosis.evidence import Evidence
from contract_tests.engine.diagnosis.operations import silence
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.scheduler import Scheduler
from contract_tests.engine.state_probe import StateProbe, clients_of
from contract_tests.engine.state_signs import StateSigns
from contract_tests.engine.target import RunEnded
from contract_tests.report.findings import Finding
from contract_tests.report.verdicts import Status
from mockserver.http.deadline import Deadline

PROBE_SECONDS = 45.0  # for all requests of the probe
SLOW_MEAN = 0.1  # seconds of an answer, on average, that are worth telling
LEAST = 2  # failures that are worth the probe


def diagnosed(scheduler: Scheduler, *, may_ask: bool = True) -> tuple[Finding, ...]:
    """The failures of a run by their causes; more requests tell some apart, if it may send any."""
    defects: list[Finding] = []
    signs, ended = None, list[Finding]()
    with defect_told_in(defects):
        signs = _signs(scheduler) if may_ask else None
    evidence = Evidence(
        run=scheduler.run,
        failures=tuple(scheduler.failures),
        log=tuple(scheduler.run.target.log),
        signs=signs,
        passed=_behaviours(scheduler, Status.PASSED),
    )
    with defect_told_in(defects):
        ended = list(_not_judged(evidence, scheduler))
    return (*ended, *findings(evidence), *defects)


def _signs(scheduler: Scheduler) -> StateSigns | None:
    run = scheduler.run
    client = clients_of(scheduler.new_client())
    if client is None or run.options.read_only or run.target.gone or len(scheduler.failures) < LEAST:
        return None
    run.target.limit.set(PROBE_SECONDS)
    with suppress(RunEnded):
        return StateProbe(client, Deadline(PROBE_SECONDS)).look()
    return None


def _behaviours(scheduler: Scheduler, status: Status) -> frozenset[str]:
    return frozenset(v.behaviour for v in scheduler.verdicts.values() if v.status is status)


def _not_judged(evidence: Evidence, scheduler: Scheduler) -> Iterator[Finding]:
    """The end of a run before all was judged, by what was not answered before it."""
    ended = [verdict for verdict in scheduler.verdicts.values() if verdict.status is Status.ERROR]
    if not scheduler.was_ended or not ended:
        return
    reason = ended[0].reason
    silent = "".join(f"{cause.summary} " for cause in silence(evidence))
    slow = slowness(evidence.log)
    behaviours = tuple(dict.fromkeys(verdict.behaviour for verdict in ended))
    operations = tuple(dict.fromkeys(verdict.operation for verdict in ended))
    summary = f"{silent}The run ended before {len(behaviours)} behaviours were judged: {reason}{slow}."
    yield Finding("gone" if scheduler.run.target.gone else "limit", summary, behaviours, operations)


def slowness(log: Sequence[Exchange]) -> str:
    """A clause about the time of an answer, if it is long; "" if not."""
    times = [exchange.seconds for exchange in log if exchange.answer is not None]
    mean = sum(times) / len(times) if times else 0.0
    return f"; an answer takes {mean:.2g} s on average" if mean > SLOW_MEAN else ""
