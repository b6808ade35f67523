"""Calls of operations without a request: past the network, the faults and the journal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mockserver.gateway.seeding import SeedError
from mockserver.golang.urls import Url
from mockserver.http.messages import Request, RequestHead
from mockserver.service.registry import HANDLERS, Call
from mockserver.service.service import Service


def perform(
    service: Service,
    operation: str,
    document: Mapping[str, Any],
    headers: tuple[tuple[str, str], ...] = (),
    **params: str,
) -> dict[str, Any]:
    """Carry out an operation with a JSON body; return the JSON of the answer.

    Raises:
        SeedError: the service refuses it; the message has its answer.
    """
    declared, body = service.contract.operations[operation], json.dumps(document).encode()
    head = RequestHead(declared.method, declared.path, (1, 1), headers, len(body), Url(declared.path))
    reply = HANDLERS[service.name, operation].answer(Call(service.state, Request(head, body), params))
    answer: dict[str, Any] = json.loads(reply.body)
    if reply.status >= 400:
        name = next(iter(params.values()), "") or document.get("api_id") or document.get("client_id") or ""
        raise SeedError(
            f"{operation} {name!r}: {reply.status} {answer.get('message', answer.get('Message'))}"
        )
    return answer
