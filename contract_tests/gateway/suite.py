"""The suite of the Tyk Gateway, as a value for the engine."""

from __future__ import annotations

from contract_tests.engine.suite import Suite
from contract_tests.gateway import client, generated
from contract_tests.gateway.service import GATEWAY

_MOCK_PROGRAM = """
import gc, sys
gc.disable()  # until all is imported, which stays
sys.setswitchinterval(0.001)  # seconds between thread switches; Python's own 5 ms delay answers
from mockserver.serving.mock_gateway import MockGateway
with MockGateway(gateway=sys.argv[1], secret=sys.argv[2]) as gateway:
    print(gateway.url, flush=True)
    # imported now, so that the first request that needs them does not wait
    import jwt, mockserver.gateway.proxy.middleware
    gc.freeze()
    gc.set_threshold(50_000)
    gc.enable()
    sys.stdin.read()
gc.freeze()  # saves the garbage collection at exit
"""

SUITE = Suite(
    service=GATEWAY,
    clients=client.clients,
    prepare=generated.start,
    mock_program=_MOCK_PROGRAM,
    quick_note="quick: generated requests, walks, plain reloads, tests that need an API (requests to it, "
    "OAuth, organisations) and all but the first case of each other test are skipped",
)
