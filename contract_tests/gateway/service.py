"""The Tyk Gateway as a service that the suite checks."""

from __future__ import annotations

from contract_tests.engine.service import Service
from contract_tests.gateway.resources import POLICY, RESOURCES
from mockserver.contract.spec_files import spec_path

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
    others={"Tyk Dashboard": ("/api/portal/policies", frozenset({"Status", "Message", "Meta"}))},
    reload_target="/tyk/reload?block=true",
    ports=("control_api_port", "listen_port"),
    own_paths="/tyk/",
)
