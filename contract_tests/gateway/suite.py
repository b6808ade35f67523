"""The tests of the Tyk Gateway, as a value that the engine is given."""

from __future__ import annotations

from contract_tests.engine.suite import Suite
from contract_tests.gateway import client, generated
from contract_tests.gateway.service import GATEWAY

_MOCK_PROGRAM = """
import gc, sys
sys.setswitchinterval(0.001)  # between threads; with Python's own 5 ms answers wait for others
from mockserver.serving.mock_gateway import MockGateway
with MockGateway(gateway=sys.argv[1], secret=sys.argv[2]) as gateway:
    print(gateway.url, flush=True)
    # or the first request of the kind would wait for them
    import jwt, mockserver.serving.wsgi_app, mockserver.gateway.proxy.middleware
    sys.stdin.read()
gc.freeze()  # or the interpreter would look for what it may collect before it ends
"""

GATEWAY_SUITE = Suite(
    service=GATEWAY,
    clients=client.clients,
    prepare=generated.start,
    mock_program=_MOCK_PROGRAM,
    quick_note="quick: generated requests, walks, plain reloads, whatever needs an API (requests to it, "
    "OAuth, organisations) and all but one case of each test are left out",
)
