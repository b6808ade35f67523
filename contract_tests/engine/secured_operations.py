"""Secured operations, as requests that change nothing if a service carries them out without the secret."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlencode

from contract_tests.engine.client import ServiceClient
from contract_tests.engine.exchange import Request
from contract_tests.engine.ownership import UnsafeRequest
from contract_tests.engine.resources import Resource
from mockserver.contract.openapi import Operation
from mockserver.http.client import Header

_PARAMETER = re.compile(r"{\w+}")


def groups_below(root: str, resources: Iterable[Resource]) -> list[str]:
    """The groups of operations below a path, by the beginning of their paths; the last is the path itself."""
    groups = {row.paths for row in resources if row.paths.startswith(f"{root}/")}
    return [*sorted(groups, reverse=True), root]  # of two that fit, the first is the longer one


def requests_of(
    client: ServiceClient, group: str, groups: Iterable[str], headers: Iterable[Header]
) -> list[Request]:
    """A request for each secured operation of a group, with headers that lack the secret.

    It names new ids of the run and has no body. An operation that could touch things of others all the same
    is left out, and in a read-only run what writes or reloads.
    """
    requests = []
    for operation in client.contract.operations.values():
        of_path = next((name for name in groups if f"{operation.path}/".startswith(f"{name}/")), "")
        if (
            not operation.secured
            or of_path != group
            or (client.options.read_only and _acts(client, operation))
        ):
            continue
        path = _PARAMETER.sub(lambda _: client.new_id(), operation.path)
        query = urlencode({"org_id": client.new_id()}) if operation.method == "POST" else ""
        request = Request(operation.method, f"{path}?{query}" if query else path, headers=headers)
        try:
            client.ownership.check(request)
        except UnsafeRequest:
            continue
        requests.append(request)
    return requests


def _acts(client: ServiceClient, operation: Operation) -> bool:
    """True if an operation writes or reloads."""
    reload = client.run.service.reload_target.partition("?")[0]
    return operation.method != "GET" or bool(reload and operation.path.startswith(reload))
