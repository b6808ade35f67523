"""Seeds of a mock gateway: what a test finds written and loaded, without a request for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mockserver.gateway.gateway import Gateway
from mockserver.gateway.key_writes import refusal
from mockserver.gateway.seeding import SeedError
from mockserver.gateway.seeding import seed as seed_policies
from mockserver.service.service import Service
from mockserver.serving import seed_warnings
from mockserver.serving.direct_calls import perform

Document = Mapping[str, Any]
KINDS: dict[str, type] = {  # what can be seeded, and the form in JSON: a list, or an object by id
    "policies": list, "apis": list, "keys": dict, "oauth_clients": list, "organisations": dict,
}  # fmt: skip


class Seeded(NamedTuple):
    """The complete ids of all that was seeded, by kind, and what the gateway passes over in silence."""

    ids: dict[str, list[str]]
    warnings: list[str]


def seed(
    service: Service,
    policies: Iterable[Document],
    apis: Iterable[Document],
    keys: Mapping[str, Document],
    oauth_clients: Iterable[Document],
    organisations: Mapping[str, Document],
) -> Seeded:
    """Seed the gateway of a service, see `MockGateway.seed`."""
    gateway: Gateway = service.state
    check_forms(
        {
            "policies": policies,
            "apis": apis,
            "keys": keys,
            "oauth_clients": oauth_clients,
            "organisations": organisations,
        }
    )
    policies, clients = list(policies), list(oauth_clients)
    ids = {"apis": [perform(service, "addApi", api)["key"] for api in apis]}
    ids["policies"] = seed_policies(gateway, policies)  # reloads
    ids["keys"] = [_seed_key(service, key, session) for key, session in keys.items()]
    ids["oauth_clients"] = [perform(service, "addOAuthClient", client)["client_id"] for client in clients]
    for organisation, session in organisations.items():
        perform(service, "addOrganisationKey", session, orgID=organisation)
    ids["organisations"] = list(organisations)
    warnings = [
        *seed_warnings.of_policies(gateway, policies),
        *seed_warnings.of_sessions(gateway, "key", keys),
        *seed_warnings.of_documents(
            gateway,
            "OAuthClient",
            [(f"OAuth client {client.get('client_id')!r}", client) for client in clients],
        ),
        *seed_warnings.of_sessions(gateway, "organisation", organisations),
    ]
    return Seeded(ids, warnings)


def _seed_key(service: Service, key: str, session: Document) -> str:
    try:
        return str(perform(service, "addKeyAtPath", session, keyID=key)["key"])
    except SeedError as error:
        gateway: Gateway = service.state
        decoded = gateway.session_codec.decode_leniently(json.dumps(session).encode())[0]
        reason = refusal(gateway, decoded)
        raise SeedError(f"{error}: {reason}" if reason else str(error)) from error


def check_forms(given: Mapping[str, object]) -> None:
    """Check that seeds are lists, or objects by id, as their kind wants them.

    Raises:
        SeedError: one of them is not.
    """
    for name, value in given.items():
        if KINDS[name] is dict and not isinstance(value, Mapping):
            raise SeedError(f"{name} must be an object by id, not a list")
        if KINDS[name] is list and isinstance(value, (Mapping, str)):
            raise SeedError(f"{name} must be a list of objects, each with its id, not {_form(value)}")


def _form(value: object) -> str:
    return "an object by id" if isinstance(value, Mapping) else repr(value)
