"""What `tyk-contract propagation` reads: policies and nodes of a Dashboard, and what gateways have loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from mockserver.cli import UNREACHABLE, USAGE
from mockserver.cli.json_service import JsonService, ServiceError
from mockserver.cli.propagation_overview import Overview, ShownNode
from mockserver.contract.spec_files import default_version
from mockserver.contract.versions import GatewayVersion
from mockserver.dashboard.nodes.propagation import (
    CURRENT,
    KnownNode,
    Loaded,
    Placement,
    Today,
    confirmed_by,
    placements_of,
)
from mockserver.http.client import ClientError, TimeOver

MOCK = "/_mock/propagation"
CONFIRMATIONS = "/_mock/confirmations"
REST = "/api/portal/policies?p=-1"
USERS = "/api/users?p=-1"
_NUMBERS = re.compile(r"\d+\.\d+(\.\d+)?")


@dataclass(frozen=True)
class GatewayAddress:
    """A gateway to ask.

    Attributes:
        url: its URL.
        node: the id or host name of the node that it is; "" if the user does not say.
    """

    url: str
    node: str = ""


def overview_of(dashboard: JsonService, gateways: Sequence[tuple[GatewayAddress, JsonService]]) -> Overview:
    """What is known of a deployment.

    Raises:
        ServiceError: the Dashboard cannot be read, or a gateway refuses the secret.
        TimeOver: the deadline of the services is over.
    """
    try:
        overview = _overview_of_dashboard(dashboard, has_gateways=bool(gateways))
    except TimeOver:
        raise
    except ClientError as error:
        raise ServiceError(f"the Dashboard does not answer: {error}", UNREACHABLE) from error
    for address, service in gateways:
        overview = _with_gateway(overview, address, service)
    return overview


def tell_confirmed(dashboard: JsonService, overview: Overview) -> None:
    """Tell a mock Dashboard which gateways have said that they have which policies, for its history.

    Raises:
        ServiceError: the Dashboard does not answer any more.
        TimeOver: the deadline is over.
    """
    try:
        for document in _confirmed(overview):
            dashboard.send("POST", CONFIRMATIONS, document)
    except TimeOver:
        raise
    except ClientError as error:
        raise ServiceError(f"the Dashboard does not answer: {error}", UNREACHABLE) from error


def _confirmed(overview: Overview) -> Iterator[dict[str, Any]]:
    """What each gateway that was asked has of today's policies."""
    for node in overview.nodes:
        has = [
            {"org_id": p.org_id, "id": p.policy_id, "digest": digest}
            for p in overview.placements
            if p.node == node.id and p.loaded == CURRENT
            if (digest := overview.today.digests.get((p.org_id, p.policy_id)))
        ]
        if node.is_asked and has:
            yield {"node": node.id, "policies": has}


def _overview_of_dashboard(service: JsonService, *, has_gateways: bool) -> Overview:
    status, document = service.get(f"{MOCK}?documents" if has_gateways else MOCK)
    if status == 200 and isinstance(document, dict) and "placements" in document:
        return _overview_of_mock(document)
    if not has_gateways:
        raise ServiceError(
            f"GET {MOCK} answers {status}: a Dashboard does not tell what gateways have; name them with "
            "--gateway URL",
            USAGE,
        )
    policies = _listed(service, REST, "Data")
    organisations = {str(policy.get("org_id")) for policy in policies}
    if not policies:
        organisations = {str(user.get("org_id")) for user in _listed(service, USERS, "users")}
    note = "policies of the key's organisation, read by REST; of nodes only those of --gateway are known"
    return Overview(note, Today(tuple(policies), frozenset(organisations)), len(policies))


def _overview_of_mock(document: dict[str, Any]) -> Overview:
    try:
        nodes = tuple(ShownNode.of_dict(node) for node in document["nodes"])
        placements = tuple(Placement.of_dict(placement) for placement in document["placements"])
        documents = tuple(_checked(policy.get("document", {})) for policy in document["policies"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ServiceError(
            f"GET {MOCK} answers in an unknown form: use one version of both", USAGE
        ) from error
    note = "policies and nodes of a mock Dashboard"
    return Overview(note, Today(documents), len(documents), nodes, placements, is_of_mock=True)


def _checked(document: Any) -> dict[str, Any]:
    """A document that must be an object.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(document, dict):
        raise TypeError("a policy is no object")
    return document


def _listed(service: JsonService, target: str, member: str) -> list[dict[str, Any]]:
    """The objects of a list in an answer of a Dashboard."""
    status, document = service.get(target)
    items = document.get(member) if status == 200 and isinstance(document, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ServiceError(f"GET {target} answers {status} without a list; check the URL and --key", USAGE)
    return items


def _with_gateway(overview: Overview, address: GatewayAddress, service: JsonService) -> Overview:
    """The overview with what a gateway says to have loaded, in the place of its node if that is known."""
    node = _node_of(overview.nodes, address)
    try:
        loaded, error = _loaded_by(service, address.url)
    except TimeOver:
        raise
    except ClientError as failure:
        loaded, error = None, f"does not answer: {failure}"
    organisation, is_told = node.organisation if node else "", loaded is not None
    told = placements_of(KnownNode(address.url, organisation, loaded=loaded), overview.today)
    if node is None:
        shown = ShownNode(address.url, is_known=is_told, error=error, is_asked=is_told)
        return replace(overview, nodes=(*overview.nodes, shown), placements=(*overview.placements, *told))
    shown = replace(node, error=error, is_known=node.is_known or is_told, is_asked=is_told)
    nodes = tuple(shown if other is node else other for other in overview.nodes)
    if not is_told:
        return replace(overview, nodes=nodes)
    before = [placement for placement in overview.placements if placement.node == node.id]
    others = [placement for placement in overview.placements if placement.node != node.id]
    return replace(overview, nodes=nodes, placements=(*others, *confirmed_by(node.id, before, told)))


def _node_of(nodes: Sequence[ShownNode], address: GatewayAddress) -> ShownNode | None:
    """The node that a gateway is: the one that the user names, or the only one of that URL or machine.

    Raises:
        ServiceError: there is no node of that name, or several.
    """
    url = address.url
    host = urlsplit(url if "://" in url else f"http://{url}").hostname or ""
    name = address.node or host
    same = [node for node in nodes if node.id in (url, name)] or [
        node for node in nodes if node.hostname.lower() == name.lower() and not node.is_gone
    ]
    if address.node and len(same) != 1:
        found = "several nodes have this host name" if same else "there is no such node"
        raise ServiceError(f"--gateway {address.node}={url}: {found}; give the id of a node", USAGE)
    return same[0] if len(same) == 1 else None


def _loaded_by(service: JsonService, url: str) -> tuple[Loaded | None, str]:
    """What a gateway says to have loaded; else None and the reason.

    Raises:
        ClientError: there is no answer.
        ServiceError: it refuses the secret.
    """
    status, policies = service.get("/tyk/policies")
    if status in (401, 403) and not service.has_credential:
        raise ServiceError(
            f"no secret was given, and {url} asks for one: give it in TYK_GW_SECRET or a file", USAGE
        )
    if status in (401, 403):
        raise ServiceError(f"{url} refuses the secret with {status}; check --secret", USAGE)
    if status == 404:
        return None, "does not tell its policies, as a data plane of MDCB does not"
    if status != 200 or not (
        policies is None or (isinstance(policies, list) and all(isinstance(p, dict) for p in policies))
    ):
        return None, f"GET /tyk/policies answers {status} without a list of policies"
    _, health = service.get("/hello")
    version = _version_in(health)
    return Loaded(tuple(policies or ()), version), ""


def _version_in(health: Any) -> GatewayVersion:
    """The version in an answer of /hello; the default version if there is none."""
    text = health.get("version") if isinstance(health, dict) else None
    numbers = _NUMBERS.search(text) if isinstance(text, str) else None
    return GatewayVersion.parse(numbers[0]) if numbers else default_version()
