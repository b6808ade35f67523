"""A spec file for one version: its operations, its document, and what an exchange violates of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mockserver.contract import schema_views
from mockserver.contract.spec_files import SpecError, for_version, load_yaml, spec_path, unknown_x_keys
from mockserver.contract.versions import GatewayVersion
from mockserver.golang import json_reader
from mockserver.golang.scalars import GoType, Problems
from mockserver.golang.structs import go_type

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Attributes:
        path: the template, "/tyk/policies/{polID}".
        secured: whether the secret is asked for.
        definition: its part of the document.
    """

    id: str
    method: str
    path: str
    secured: bool
    definition: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def label(self) -> str:
        """As a reader names it: "GET /tyk/policies"."""
        return f"{self.method} {self.path}"

    @property
    def shape(self) -> tuple[str, str]:
        """Method and path with parameters unnamed: equal for one operation in two files."""
        segments = ["{}" if part.startswith("{") else part for part in self.path.split("/")]
        return self.method, "/".join(segments)


class Contract:
    """What a spec file says of one version.

    Attributes:
        document: a plain OpenAPI document: answers hold exactly the members that the gateway
            writes, request bodies allow all that it reads.
        operations: by id, in the file's order.
        declared: the ids of all operations, those of other versions too.
    """

    def __init__(self, raw: dict[str, Any], version: GatewayVersion | None = None) -> None:
        self.version = version
        self.raw = raw
        self.document = schema_views.expand(raw)
        self.operations = {each.id: each for each in _operations(self.document)}
        self.declared = frozenset(self.operations)

    @classmethod
    def load(cls, version: GatewayVersion, folder: Path | None = None) -> Contract:
        """The contract of one version of an API: `openapi.yaml` of its folder, by default spec/gateway.

        Raises:
            SpecError: the file has an x- key that nothing reads.
        """
        path = (folder or spec_path("gateway")) / "openapi.yaml"
        raw = load_yaml(path)
        if unknown := unknown_x_keys(raw):
            raise SpecError(f"{path}: unknown key {unknown[0]}; remove or teach it")
        contract = cls(for_version(raw, version), version)
        contract.declared = frozenset(operation.id for operation in _operations(raw))
        return contract

    @classmethod
    def of_file(cls, path: Path) -> Contract:
        """Any OpenAPI file, as it is. What it refers to elsewhere is never fetched.

        Raises:
            SpecError: the file cannot be read, or is no OpenAPI document.
        """
        raw = load_yaml(path)
        if not isinstance(raw, dict) or not isinstance(raw.get("paths"), dict):
            raise SpecError(f"{path}: no OpenAPI document, it has no paths; give another file")
        try:
            return cls(raw)
        except (AttributeError, TypeError, KeyError) as error:
            raise SpecError(f"{path}: no OpenAPI document: {error}; mend the file") from error

    def beyond(self, other: Contract) -> list[Operation]:
        """The operations that another contract does not have."""
        known = {operation.shape for operation in other.operations.values()}
        return [operation for operation in self.operations.values() if operation.shape not in known]

    def type_of(self, schema: str) -> GoType:
        """The Go type of a schema in components."""
        schemas = self.raw["components"]["schemas"]
        return go_type(schemas[schema], schemas)

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow references within the document; one that leaves it leads to an empty node."""
        for _ in range(100):
            if "$ref" not in node:
                return node
            target: Any = self.document
            if not node["$ref"].startswith("#/"):
                return {}
            for part in node["$ref"][2:].split("/"):
                target = target.get(part.replace("~1", "/").replace("~0", "~"), {})
            node = target
        return {}

    def request_violations(self, operation: Operation, body: bytes) -> list[str]:
        """The violations of the operation in a request's body; empty when it conforms."""
        declared = self.resolve(operation.definition.get("requestBody", {}))
        if not declared or not (declared.get("required") or body):
            return []
        media = declared.get("content", {}).get("application/json")
        if media is None:
            return []
        schema = media.get("schema", {})
        return [*self._body_violations("request", schema, body), *self._decoding_violations(schema, body)]

    def _decoding_violations(self, schema: Mapping[str, Any], body: bytes) -> list[str]:
        """What Go's decoder refuses and no schema can: 1.0 for an int64, a number too large."""
        name = schema.get("$ref", "").rpartition("/")[2].removesuffix(schema_views.REQUEST_SUFFIX)
        if self.version is None or name not in self.raw["components"]["schemas"]:
            return []
        kind, problems = self.type_of(name), Problems()
        try:
            kind.decode(json_reader.read(body)[0], kind.fresh(), problems)
        except json_reader.JSONSyntaxError:
            return []  # that was told already
        return [f"request: {problem}" for problem in problems.found]

    def response_violations(
        self, operation: Operation, status: int, content_type: str, body: bytes
    ) -> list[str]:
        """The violations of the operation in an answer; empty when it conforms."""
        declared = operation.definition.get("responses", {})
        response = declared.get(str(status), declared.get("default"))
        if response is None:
            return [f"response: status {status} is not declared"]
        content = self.resolve(response).get("content", {})
        media_type = content_type.partition(";")[0].strip()
        if content and media_type not in content:
            return [f"response: content type {content_type!r} is not declared"]
        if media_type != "application/json" or not content:
            return []
        schema = content[media_type].get("schema", {})
        return self._body_violations("response", schema, body)

    def _body_violations(self, side: str, schema: Mapping[str, Any], body: bytes) -> list[str]:
        try:
            instance = json.loads(body)
        except ValueError as error:
            return [f"{side}: the body is no JSON: {error}"]
        except RecursionError:
            return [f"{side}: the body is nested too deep to be judged"]
        try:
            errors = list(self._validator(schema).iter_errors(instance))
        except ValueError as error:
            return [f"{side}: the body cannot be judged: {error}"]
        return [f"{side} /{'/'.join(map(str, error.instance_path))}: {error.message}" for error in errors]

    def _validator(self, schema: Mapping[str, Any]) -> Any:
        import jsonschema_rs

        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {"allOf": [schema_views.as_json_schema(schema)], "components": self._components}
            # OpenAPI 3.0's schemas are JSON Schema as it was then: 1.0 is no integer
            old = str(self.document.get("openapi", "")).startswith("3.0")
            dialect = jsonschema_rs.Draft4Validator if old else jsonschema_rs.Draft202012Validator
            self._validators[key] = dialect(whole)
        return self._validators[key]

    @cached_property
    def _validators(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _components(self) -> Any:
        return schema_views.as_json_schema(self.document.get("components", {}))


def _operations(document: Mapping[str, Any]) -> list[Operation]:
    default = document.get("security", [])
    found = []
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                definition = {"parameters": [], **item[method]}
                definition["parameters"] = item.get("parameters", []) + definition["parameters"]
                name = definition.get("operationId", f"{method} {path}")
                secured = bool(definition.get("security", default))
                found.append(Operation(name, method.upper(), path, secured, definition))
    return found
