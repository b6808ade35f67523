"""Seeds of a mock Dashboard: the documents that a test finds there, without a request for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.replies import Refusal
from mockserver.service.service import Service
from mockserver.serving.dashboard_policies import warn_of_seeds
from mockserver.serving.direct_calls import perform

Document = Mapping[str, Any]


def seed(
    service: Service,
    policies: Iterable[Document],
    apis: Iterable[Document],
    keys: Mapping[str, Document],
    organisations: Iterable[Document],
) -> dict[str, list[str]]:
    """Seed the Dashboard of a service, see `MockDashboard.seed`."""
    dashboard: Dashboard = service.state
    headers = (("Authorization", dashboard.key),)
    ids = {"organisations": [perform(service, "importOrganisation", each)["Meta"] for each in organisations]}
    try:
        ids["apis"] = [
            dashboard.apis.create(dashboard.organisation, dict(api), keeps_id=True).api_id for api in apis
        ]
    except Refusal as refusal:
        raise ValueError(refusal.message) from refusal
    policies = list(policies)
    ids["policies"] = [dashboard.seed(policy) for policy in policies]
    warn_of_seeds(dashboard, policies)
    ids["keys"] = [
        perform(service, "addKeyAtPath", session, headers, keyId=key)["key_id"]
        for key, session in keys.items()
    ]
    return ids
