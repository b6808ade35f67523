"""The page of faults: each member, each scenario, and the operations that faults may name."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver import MockDashboard, MockGateway
from mockserver.cli.catalogue_formats import plain
from mockserver.dashboard.service import SCENARIOS as DASHBOARD_SCENARIOS
from mockserver.gateway.scenarios import SCENARIOS as GATEWAY_SCENARIOS
from mockserver.service import fault_members
from mockserver.service.fault import Scenario
from site_pages.markdown import code, page, table

GROUPS = {
    "Which requests": fault_members.SELECTORS,
    "What becomes of the answer": fault_members.EFFECTS,
    "How often": fault_members.TURNS,
}
_TYPES = {
    str: "text", int: "integer", float: "number", bool: "true or false", dict: "object", list: "array",
}  # fmt: skip


def faults_page() -> str:
    """Each member and scenario of faults, and what they may be for."""
    with MockGateway() as gateway, MockDashboard() as dashboard:
        targets = {mock._service.name: mock._service.fault_targets for mock in (gateway, dashboard)}  # noqa: SLF001  no user asks for it
    return page(
        "Faults",
        "The members of a fault, in Python (`mock_gateway.fault(...)`) and over HTTP (`POST /_mock/faults`). "
        "[What they mean, with examples](../faults.md).",
        *([f"## {title}", *_members(members)] for title, members in GROUPS.items()),
        *(
            [f"## Scenarios of the {service}", *_scenarios(scenarios)]
            for service, scenarios in (("gateway", GATEWAY_SCENARIOS), ("Dashboard", DASHBOARD_SCENARIOS))
        ),
        *(
            [f"## Operations of the {name}", "", ", ".join(code(target) for target in sorted(names))]
            for name, names in targets.items()
        ),
    )


def _members(members: Mapping[str, tuple[type, ...]]) -> list[str]:
    rows = [(code(name), " or ".join(_TYPES[kind] for kind in kinds)) for name, kinds in members.items()]
    return table(("member", "value"), rows)


def _scenarios(scenarios: Mapping[str, Scenario]) -> list[str]:
    rows = [(code(name), plain(it.effect), _times(it.times)) for name, it in scenarios.items()]
    return table(("scenario", "effect", "how often"), rows)


def _times(times: int) -> str:
    return f"{times} time{'s' if times > 1 else ''}" if times else "until it is cleared"
