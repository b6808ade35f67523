"""The Tyk Dashboard as a service that the suite checks."""

from __future__ import annotations

from contract_tests.dashboard.resources import POLICY, RESOURCES
from contract_tests.engine.service import Service
from mockserver.contract.spec_files import spec_path

DASHBOARD = Service(
    name="dashboard",
    title="Tyk Dashboard",
    folder=spec_path("dashboard"),
    auth_header="Authorization",
    auth_schemes=("", "Bearer "),
    resources=RESOURCES,
    probe="/hello",
    probe_members=frozenset(),  # a body is not documented
    others={"Tyk gateway": ("/hello", frozenset({"status", "version", "description"}))},
    listing=POLICY,
    refusal_members=frozenset({"Status", "Message"}),
    variable="TYK_DASHBOARD_KEY",
    second_variable="TYK_DB_NODESECRET",
    second_of_mock="mock-node-secret",
)
