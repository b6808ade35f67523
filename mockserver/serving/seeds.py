"""Seeds of a mock gateway: what a test finds written and loaded, without a request for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.gateway.gateway import Gateway
from mockserver.gateway.seeding import seed as seed_policies
from mockserver.service.service import Service
from mockserver.serving.direct_calls import perform

Document = Mapping[str, Any]
KINDS: dict[str, type] = {  # what can be seeded, and the form in JSON: a list, or an object by id
    "policies": list, "apis": list, "keys": dict, "oauth_clients": list, "organisations": dict,
}  # fmt: skip


def seed(
    service: Service,
    policies: Iterable[Document],
    apis: Iterable[Document],
    keys: Mapping[str, Document],
    oauth_clients: Iterable[Document],
    organisations: Mapping[str, Document],
) -> dict[str, list[str]]:
    """Seed the gateway of a service, see `MockGateway.seed`."""
    gateway: Gateway = service.state
    ids = {"apis": [perform(service, "addApi", api)["key"] for api in apis]}
    ids["policies"] = seed_policies(gateway, list(policies))  # reloads
    ids["keys"] = [
        perform(service, "addKeyAtPath", session, keyID=key)["key"] for key, session in keys.items()
    ]
    ids["oauth_clients"] = [
        perform(service, "addOAuthClient", client)["client_id"] for client in oauth_clients
    ]
    for organisation, session in organisations.items():
        perform(service, "addOrganisationKey", session, orgID=organisation)
    ids["organisations"] = list(organisations)
    return ids
