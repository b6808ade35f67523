"""Warnings about seeds: what a service passes over in silence in a document of a seed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mockserver.console.terminal import printable
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.request_warnings import document_warnings
from mockserver.golang import json_reader

LOG = logging.getLogger("tyk-contract")
SHOWN = 80  # characters of a name

Document = Mapping[str, Any]


def of_policies(gateway: Gateway, policies: Iterable[Document]) -> list[str]:
    """Log and return the warnings about policies that were seeded into a gateway."""
    return of_documents(
        gateway,
        "Policy",
        ((f"policy {shown(policy.get('id') or policy.get('_id'))}", policy) for policy in policies),
    )


def of_documents(gateway: Gateway, schema: str, documents: Iterable[tuple[str, Document]]) -> list[str]:
    """Log and return the warnings about documents of one schema, each given with its name in messages."""
    contract, version = gateway.contract, gateway.version
    return told(documents, lambda node: document_warnings(contract, version, schema, node))


def of_sessions(gateway: Gateway, noun: str, sessions: Mapping[str, Document]) -> list[str]:
    """Log and return the warnings about sessions of keys or organisations."""
    return of_documents(
        gateway, "SessionState", ((f"{noun} {shown(name)}", session) for name, session in sessions.items())
    )


def told(documents: Iterable[tuple[str, Document]], judge: Callable[[Any], list[str]]) -> list[str]:
    """Log and return the warnings that a function gives about documents, each given with its name."""
    lines = []
    for name, document in documents:
        node, _ = json_reader.read(json.dumps(document).encode())
        lines += [printable(f"{name}: {line}") for line in judge(node)]
    for line in lines:
        LOG.warning("seed: %s", line)
    return lines


def shown(name: Any) -> str:
    """A name in messages."""
    return repr(str(name)[:SHOWN])
