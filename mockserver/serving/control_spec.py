"""The specification of the mock's own API, and the check of requests against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from flask import request

from mockserver.console.suggestions import suggestion
from mockserver.contract.openapi import Contract, Operation
from mockserver.contract.routes import Routes
from mockserver.contract.spec_files import load_yaml, spec_path
from mockserver.serving.json_bodies import json_body

FILE = "mock/openapi.yaml"  # under spec/
SERVICE = "x-service"  # the key of a path that is served beside one service alone


class ControlSpec:
    """The specification of the mock's own API beside one service.

    Attributes:
        document: the OpenAPI document, without the paths of other services.
    """

    def __init__(self, service: str) -> None:
        whole = _document()
        paths = {
            path: {key: value for key, value in item.items() if key != SERVICE}
            for path, item in whole["paths"].items()
            if item.get(SERVICE, service) == service
        }
        self.document = {**whole, "paths": paths}
        self._contract = Contract(self.document)
        self._routes: Routes[Operation] = Routes(self._contract.operations.values())

    def check(self) -> None:
        """Check the names of parameters and members in the current request.

        Raises:
            ValueError: one is unknown, a parameter is given twice, or the request has a body and its
                operation takes none.
        """
        method = "GET" if request.method == "HEAD" else request.method
        match = self._routes.match(method, request.path.rstrip("/"))
        if match is None:
            return
        definition = self._contract.definition(match.route)
        parameters = map(self._contract.resolve, definition["parameters"])
        _check_names("parameter", request.args, [p["name"] for p in parameters if p["in"] == "query"])
        for name, values in request.args.lists():
            if len(values) > 1:
                raise ValueError(f"the parameter {name!r} is given {len(values)} times; give it once")
        if not request.get_data():
            return
        body = json_body()
        if "requestBody" in definition:
            _check_names("member", body, self._members(definition["requestBody"]))
        elif body:
            raise ValueError(f"{match.route.label} takes no body; leave it out")

    def _members(self, request_body: Mapping[str, Any]) -> list[str]:
        """The names of the members that a body may have."""
        schema = request_body["content"]["application/json"]["schema"]
        parts = map(self._contract.resolve, schema.get("allOf", [schema]))
        return [name for part in parts for name in part.get("properties", {})]


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = load_yaml(spec_path(FILE))
    return document


def _check_names(noun: str, names: Iterable[str], known: list[str]) -> None:
    for name in names:
        if name not in known:
            give = f"give {', '.join(known)}" if known else "leave it out"
            raise ValueError(f"there is no {noun} {name!r}; {give}{suggestion(name, known)}")
