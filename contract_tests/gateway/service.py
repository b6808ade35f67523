"""The Tyk Gateway as a service that the suite judges."""

from __future__ import annotations

from contract_tests.engine.service import Service
from contract_tests.gateway import client, generated
from contract_tests.gateway.resources import POLICY, RESOURCES
from mockserver.contract.spec_files import spec_path

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

GATEWAY = Service(
    name="gateway",
    title="Tyk gateway",
    folder=spec_path("gateway"),
    auth_header="X-Tyk-Authorization",
    resources=RESOURCES,
    probe="/hello",
    probe_members=frozenset({"status", "version"}),
    listing=POLICY,
    refusal_members=frozenset({"status", "message"}),
    clients=client.clients,
    reload_target="/tyk/reload?block=true",
    prepare=generated.start,
    mock_program=_MOCK_PROGRAM,
    quick_note="quick: generated requests, walks, plain reloads, whatever needs an API (requests to it, "
    "OAuth, organisations) and all but one case of each test are left out",
)
