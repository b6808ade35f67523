"""Policies and keys of gateways and Dashboards, as `impact` and `why` read them: with GET alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from contract_tests.engine.resources import quoted
from mockserver.cli import USAGE
from mockserver.cli.impact_files import key_of
from mockserver.cli.json_service import JsonService, ServiceError, message_in
from mockserver.contract.codecs import ensure_id
from mockserver.gateway.impact import Rules
from mockserver.gateway.loaded_policies import Policy
from mockserver.gateway.session_impact import Key, KeyName, Unread
from mockserver.http.client import ClientError

NOT_FOUND = 404
HASHED = "?hashed=true"  # names a key by its hash


def policies_of_gateway(service: JsonService, rules: Rules) -> tuple[list[Policy], list[str]]:
    """The loaded policies of a gateway, and a line for each that is only partly understood."""
    advice = "check the URL, or give --policies"
    return _decoded(service.listing("/tyk/policies", items_of, advice), rules)


def items_of(document: Any) -> Any:
    """The items of a list in an answer, which Go writes as null if it is empty."""
    return [] if document is None else document


def policies_of_dashboard(service: JsonService, rules: Rules) -> tuple[list[Policy], list[str]]:
    """The policies of a Dashboard under the ids that keys refer to, and lines as above."""
    target = "/api/portal/policies?p=-1"
    policies, warnings = _decoded(
        service.listing(target, lambda document: document["Data"], "check the key"), rules
    )
    return [policy for policy in policies if ensure_id(policy)], warnings


def keys_of_gateway(service: JsonService, rules: Rules) -> tuple[list[Key], list[Unread]]:
    """The keys of a gateway, and those that could not be read.

    Raises:
        ServiceError: the gateway does not list its keys.
    """
    advice = "set enable_hashed_keys_listing, or give the keys with --keys FILE"
    names = service.listing("/tyk/keys", lambda document: document["keys"] or [], advice)
    return _read([(str(name), f"/tyk/keys/{quoted(str(name))}") for name in names], service, rules)


def keys_of_dashboard(service: JsonService, rules: Rules) -> tuple[list[Key], list[Unread]]:
    """The keys that a Dashboard lists for its APIs, and those that could not be read.

    Raises:
        ServiceError: the Dashboard does not list its APIs or their keys.
    """
    advice = "give the gateway with --gateway-url, or the keys with --keys FILE"
    targets: dict[str, str] = {}
    for api_id in service.listing("/api/apis?p=-2", _api_ids, advice):
        path = f"/api/apis/{quoted(str(api_id))}/keys"
        for name in service.listing(f"{path}?p=-1", lambda document: document["data"]["keys"] or [], advice):
            targets.setdefault(str(name), f"{path}/{quoted(str(name))}")
    return _read(list(targets.items()), service, rules)


def key_at_gateway(service: JsonService, name: str, rules: Rules) -> Key:
    """The key of a gateway with an id or a hash.

    Raises:
        ServiceError: the gateway has no such key, or does not answer.
    """
    keys, unread = _read([(name, f"/tyk/keys/{quoted(name)}")], service, rules, ["", HASHED])
    if unread:
        advice = "give the complete id of a key, or its hash"
        raise ServiceError(f"the key could not be read: {unread[0].reason}; {advice}", USAGE)
    return keys[0]


def _api_ids(document: Any) -> list[Any]:
    return [api["api_definition"]["api_id"] for api in document["apis"] or []]


def _read(
    targets: list[tuple[str, str]],
    service: JsonService,
    rules: Rules,
    queries: Sequence[str] = (HASHED, ""),
) -> tuple[list[Key], list[Unread]]:
    """The keys at these targets; each is asked for by its id or its hash, as worked for the one before."""
    keys, failures, queries = list[Key](), list[tuple[str, str]](), list(queries)
    for name, target in targets:
        reason, is_missing = "", False
        for query in tuple(queries):
            try:
                status, document = service.get(target + query)
                if status == 200:
                    keys.append(key_of(KeyName(name, is_hash=query == HASHED), document, rules))
                    queries.sort(key=query.__ne__)
                    break
                if not is_missing:  # else the other way to ask says less
                    reason = f"answered {status}{message_in(document)}"
                is_missing = is_missing or status == NOT_FOUND
            except (ClientError, ValueError) as error:
                reason = str(error)
        else:
            failures.append((name, reason))
    is_hash = bool(keys) and queries[0] == HASHED
    return keys, [Unread(KeyName(name, is_hash=is_hash), reason) for name, reason in failures]


def _decoded(nodes: Iterable[Any], rules: Rules) -> tuple[list[Policy], list[str]]:
    policies, warnings = [], []
    for node in nodes:
        policy, reasons = rules.policies.decode_leniently(json.dumps(node).encode())
        policies.append(policy)
        warnings += [f"policy {policy['id']}: {reasons[0]}; it is only partly understood"] if reasons else []
    return policies, warnings
