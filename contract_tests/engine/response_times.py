"""The times of answers: told if they are long, and judged if the user sets a limit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from contract_tests.engine.run import Run
from contract_tests.report.findings import Finding
from contract_tests.report.verdicts import Status, Verdict

SLOW_SECONDS = 2.5  # of an answer that is told; a real gateway may wait up to 2 s for its next reload
BEHAVIOUR = "max-response-time"


def observations(run: Run) -> Iterator[str]:
    """A line for each method and path whose answers took long, the slowest first."""
    slow = defaultdict(list)
    for exchange in run.target.log:
        if exchange.answer is not None and exchange.seconds >= SLOW_SECONDS:
            slow[f"{exchange.method} {exchange.target.partition('?')[0]}"].append(exchange.seconds)
    for place, times in sorted(slow.items(), key=lambda item: -max(item[1]))[:5]:
        yield f"slow  {place}: {len(times)} answers took up to {max(times):.1f} s"


def verdict(run: Run) -> Verdict | None:
    """The verdict on the limit that the user sets; None without one."""
    limit, log = run.options.max_response_time, run.target.log
    if not limit:
        return None
    slowest = max(log, key=lambda exchange: exchange.seconds, default=None)
    statement = f"Every answer comes within {limit:g} s."
    of_all = Verdict(run.service.name, BEHAVIOUR, "all", statement, f"--{BEHAVIOUR}", "", Status.PASSED)
    if slowest is None or slowest.seconds <= limit:
        return of_all
    count = sum(exchange.seconds > limit for exchange in log)
    return replace(
        of_all,
        status=Status.FAILED,
        expected=f"each answer within {limit:g} s",
        actual=f"{count} of {len(log)} took longer, up to {slowest.seconds:.2g} s",
        curl=(slowest.curl,),
    )


def finding(late: Verdict) -> Finding:
    """The finding of a failed verdict on the limit."""
    return Finding(
        "slow", f"Answers come too late: {late.actual}.", (late.behaviour,), (late.operation,),
        late.statement, late.source, late.expected, late.actual, curl=late.curl,
    )  # fmt: skip
