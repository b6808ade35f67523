"""Every answer of the run against the contract."""

from __future__ import annotations

from contract_tests.dashboard.client import Dashboard
from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import LAST, behaviour


@behaviour("answers-conform-to-spec", reads_only=True, phase=LAST)
def test_answers_conform(dashboard: Dashboard) -> None:
    """Every answer of the run conforms to the contract."""
    dashboard.judge.read(dashboard.target.log)
    for operation, exchange, message in dashboard.judge.findings():
        raise Mismatch(f"an answer as {operation.label} declares", message, exchange)
