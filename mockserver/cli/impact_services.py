"""Policies and keys of gateways and Dashboards, as `tyk-contract impact` reads them: with GET alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from contract_tests.engine.resources import quoted
from mockserver.cli.impact_files import key_of
from mockserver.contract.codecs import ensure_id
from mockserver.gateway.impact import Rules
from mockserver.gateway.loaded_policies import Policy
from mockserver.gateway.session_impact import Key, KeyName, Unread
from mockserver.http.client import Client, ClientError, Header
from mockserver.http.json_answers import document_of

HASHED = "?hashed=true"  # names a key by its hash


class ServiceError(ValueError):
    """A service that cannot be read; `code` is the exit code, the message one line for a person."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Reader:
    """Reads JSON from a service.

    Args:
        client: a client of the service.
        header: the header with the secret.
        code: the exit code if the service fails.
    """

    def __init__(self, client: Client, header: Header, code: int) -> None:
        self._client = client
        self._header = header
        self._code = code

    def answer(self, target: str) -> tuple[int, Any]:
        """The status and the document of the answer to a GET, as `document_of` reads it.

        Raises:
            ClientError: there is no answer.
        """
        answer = self._client.send("GET", target, [self._header])
        return answer.status, document_of(answer.body)

    def listing(self, target: str, listed: Callable[[Any], Any], advice: str) -> list[Any]:
        """A list in an answer.

        Raises:
            ServiceError: there is no answer, or no list in it.
        """
        try:
            status, document = self.answer(target)
        except ClientError as error:
            raise ServiceError(f"GET {target} is not answered: {error}", self._code) from error
        try:
            items = listed(document) if status == 200 else None
        except (KeyError, TypeError):
            items = None
        if not isinstance(items, list):
            raise ServiceError(f"GET {target} answers {status}{_message(document)}; {advice}", 2)
        return items


def policies_of_gateway(reader: Reader, rules: Rules) -> tuple[list[Policy], list[str]]:
    """The loaded policies of a gateway, and a line for each that is only partly understood."""
    advice = "check the URL, or give --policies"
    return _decoded(reader.listing("/tyk/policies", lambda document: document, advice), rules)


def policies_of_dashboard(reader: Reader, rules: Rules) -> tuple[list[Policy], list[str]]:
    """The policies of a Dashboard under the ids that keys refer to, and lines as above."""
    target = "/api/portal/policies?p=-1"
    policies, warnings = _decoded(
        reader.listing(target, lambda document: document["Data"], "check the key"), rules
    )
    return [policy for policy in policies if ensure_id(policy)], warnings


def keys_of_gateway(reader: Reader, rules: Rules) -> tuple[list[Key], list[Unread]]:
    """The keys of a gateway, and those that could not be read.

    Raises:
        ServiceError: the gateway does not list its keys.
    """
    advice = "set enable_hashed_keys_listing, or give the keys with --keys FILE"
    names = reader.listing("/tyk/keys", lambda document: document["keys"] or [], advice)
    return _read([(str(name), f"/tyk/keys/{quoted(str(name))}") for name in names], reader, rules)


def keys_of_dashboard(reader: Reader, rules: Rules) -> tuple[list[Key], list[Unread]]:
    """The keys that a Dashboard lists for its APIs, and those that could not be read.

    Raises:
        ServiceError: the Dashboard does not list its APIs or their keys.
    """
    advice = "give the gateway with --gateway-url, or the keys with --keys FILE"
    targets: dict[str, str] = {}
    for api_id in reader.listing("/api/apis?p=-2", _api_ids, advice):
        path = f"/api/apis/{quoted(str(api_id))}/keys"
        for name in reader.listing(f"{path}?p=-1", lambda document: document["data"]["keys"] or [], advice):
            targets.setdefault(str(name), f"{path}/{quoted(str(name))}")
    return _read(list(targets.items()), reader, rules)


def _api_ids(document: Any) -> list[Any]:
    return [api["api_definition"]["api_id"] for api in document["apis"] or []]


def _read(targets: list[tuple[str, str]], reader: Reader, rules: Rules) -> tuple[list[Key], list[Unread]]:
    """The keys at these targets; each is asked for by its id or its hash, as worked for the one before."""
    keys, failures, queries = list[Key](), list[tuple[str, str]](), [HASHED, ""]
    for name, target in targets:
        reason = ""
        for query in tuple(queries):
            try:
                status, document = reader.answer(target + query)
                if status == 200:
                    keys.append(key_of(KeyName(name, is_hash=query == HASHED), document, rules))
                    queries.sort(key=query.__ne__)
                    break
                reason = f"answered {status}{_message(document)}"
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


def _message(document: Any) -> str:
    """The message of an error in an answer."""
    found = document if isinstance(document, dict) else {}
    message = found.get("message") or found.get("Message")
    return f" {message}" if isinstance(message, str) else ""
