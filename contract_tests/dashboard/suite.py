"""The suite of the Tyk Dashboard, as a value for the engine."""

from __future__ import annotations

from functools import partial

from contract_tests.dashboard.client import Dashboard
from contract_tests.dashboard.service import DASHBOARD
from contract_tests.engine.suite import Suite

_MOCK_PROGRAM = """
import gc, sys
gc.disable()  # until all is imported, which stays
sys.setswitchinterval(0.001)  # seconds between thread switches; Python's own 5 ms delay answers
from mockserver.serving.mock_dashboard import MockDashboard
with MockDashboard(dashboard=sys.argv[1], key=sys.argv[2], with_gateway=False) as dashboard:
    print(dashboard.url, flush=True)
    gc.freeze()
    gc.set_threshold(50_000)
    gc.enable()
    sys.stdin.read()
gc.freeze()  # saves the garbage collection at exit
"""

SUITE = Suite(
    service=DASHBOARD,
    clients=lambda run, judge: partial(Dashboard, run, judge),
    mock_program=_MOCK_PROGRAM,
    quick_note="quick: all but the first case of each test are skipped",
)
