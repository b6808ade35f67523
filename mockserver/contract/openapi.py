"""The OpenAPI document of an API in one version, its operations, and the violations of an exchange."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from mockserver.contract import schema_views
from mockserver.contract.spec_files import SpecError, for_version, load_yaml, spec_path, unknown_x_keys
from mockserver.contract.versions import GatewayVersion
from mockserver.golang import json_reader
from mockserver.golang.json_size import MAX_VALUES, is_larger
from mockserver.golang.scalars import GoType, Problems
from mockserver.golang.structs import go_type

LISTED_FROM = 4096  # bytes; of a longer body only the first violation is told
_DOCUMENT = "urn:openapi"  # of the components, for the validators
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Operation:
    """A method of a path.

    Attributes:
        id: the operationId; "get /path" if the document has none.
        method: in upper case.
        path: the template, such as "/tyk/policies/{polID}".
        secured: True if the operation requires the secret.
    """

    id: str
    method: str
    path: str
    secured: bool

    @property
    def label(self) -> str:
        """The name for a reader, such as "GET /tyk/policies"."""
        return f"{self.method} {self.path}"

    @property
    def shape(self) -> tuple[str, str]:
        """Method and path without parameter names: equal for the same operation in two documents."""
        segments = ["{}" if part.startswith("{") else part for part in self.path.split("/")]
        return self.method, "/".join(segments)


class Contract:
    """The contract of an API in one version.

    Attributes:
        version: the version; None for a file without versions.
        raw: the document with the x- keys of spec/.
        operations: the operations by id, in the order of the file.
        declared: the ids of all operations, also those of other versions.
    """

    def __init__(self, raw: dict[str, Any], version: GatewayVersion | None = None) -> None:
        self.version = version
        self.raw = raw
        self.operations = {operation.id: operation for operation in _operations(raw)}
        self.declared = frozenset(self.operations)
        self._types: dict[str, GoType] = {}

    @classmethod
    @cache
    def load(cls, version: GatewayVersion, folder: Path | None = None) -> Contract:
        """The contract of one version of an API: `openapi.yaml` of its folder, by default spec/gateway.

        It is read once in a process, and never changed.

        Raises:
            SpecError: the file has an unknown x- key.
        """
        path = (folder or spec_path("gateway")) / "openapi.yaml"
        raw = load_yaml(path)
        if unknown := unknown_x_keys(raw):
            raise SpecError(f"{path}: unknown key {unknown[0]}; remove it, or add it to X_KEYS")
        contract = cls(for_version(raw, version), version)
        contract.declared = frozenset(operation.id for operation in _operations(raw))
        return contract

    @classmethod
    def of_file(cls, path: Path) -> Contract:
        """The contract of any OpenAPI file; references to other documents are not followed.

        Raises:
            SpecError: the file cannot be read, or is not an OpenAPI document.
        """
        raw = load_yaml(path)
        if not isinstance(raw, dict) or not isinstance(raw.get("paths"), dict):
            raise SpecError(f"{path}: not an OpenAPI document: it has no paths; give another file")
        if is_larger(raw, MAX_VALUES):  # before anything is made of each of them
            raise SpecError(
                f"{path}: it has over {MAX_VALUES:,} values, aliases included; give a smaller file"
            )
        try:
            contract = cls(raw)
            _ = contract.document  # else it would fail at a request
        except (AttributeError, TypeError, KeyError) as error:
            raise SpecError(f"{path}: not an OpenAPI document: {error}; correct the file") from error
        return contract

    @cached_property
    def document(self) -> dict[str, Any]:
        """A plain OpenAPI document, which is made when it is first needed.

        Responses have exactly the members that the gateway writes, request bodies allow all that it reads.
        """
        return schema_views.expand(self.raw)

    def definition(self, operation: Operation) -> Mapping[str, Any]:
        """The operation object of the document, with the parameters of its path."""
        return _definition(self.document["paths"][operation.path], operation.method.lower())

    def beyond(self, other: Contract) -> list[Operation]:
        """The operations that another contract does not have."""
        shapes = {operation.shape for operation in other.operations.values()}
        return [operation for operation in self.operations.values() if operation.shape not in shapes]

    def type_of(self, schema: str) -> GoType:
        """The Go type of a schema, by its name in components; it is made once."""
        if schema not in self._types:
            schemas = self.raw["components"]["schemas"]
            self._types[schema] = go_type(schemas[schema], schemas)
        return self._types[schema]

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow references within the document; a reference to another document gives an empty node."""
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
        """The violations of the contract in a request's body, only the first if it is long; empty if none."""
        declared = self.resolve(self.definition(operation).get("requestBody", {}))
        if not declared or not (declared.get("required") or body):
            return []
        media = declared.get("content", {}).get("application/json")
        if media is None:
            return []
        schema = media.get("schema", {})
        refused = self._decoding_violations(schema, body)  # they say more than the schema about one place
        judged = self._body_violations("request", schema, body)
        others = [violation for violation in judged if violation.partition(": ")[0] not in refused]
        return [*others, *(f"{place}: {text}" for place, text in refused.items())]

    def body_schema(self, operation: Operation) -> str:
        """The name of the schema of a request's body; "" if it has none, or none with a name."""
        declared = self.resolve(self.definition(operation).get("requestBody", {}))
        return _name_of(declared.get("content", {}).get("application/json", {}).get("schema", {}))

    def _decoding_violations(self, schema: Mapping[str, Any], body: bytes) -> dict[str, str]:
        """By place, the values that Go's decoder refuses: more than a schema can, such as 1.0 for int64."""
        name = _name_of(schema)
        if self.version is None or name not in self.raw["components"]["schemas"]:
            return {}
        kind, problems = self.type_of(name), Problems()
        try:
            kind.decode(json_reader.read(body)[0], kind.fresh(), problems)
        except json_reader.JSONSyntaxError:
            return {}  # the schema has reported it
        return {f"request /{'/'.join(path)}": text for path, text in problems.notes}

    def response_violations(
        self, operation: Operation, status: int, content_type: str, body: bytes
    ) -> list[str]:
        """The violations of the contract in a response, only the first if it is long; empty if none."""
        declared = self.definition(operation).get("responses", {})
        response = declared.get(str(status), declared.get("default"))
        if response is None:
            return [f"response: status {status} is not declared"]
        content = self.resolve(response).get("content", {})
        media_type = content_type.partition(";")[0].strip()
        if content and media_type not in content:
            return [f"response: content type {content_type!r} is not declared"]
        if not content or not media_type.endswith(("/json", "+json")):
            return []
        schema = content[media_type].get("schema", {})
        return self._body_violations("response", schema, body)

    def _body_violations(self, side: str, schema: Mapping[str, Any], body: bytes) -> list[str]:
        try:
            instance = json.loads(body)
        except ValueError as error:
            return [f"{side}: the body is not valid JSON: {error}"]
        except RecursionError:
            return [f"{side}: the body is nested too deep to be validated"]
        try:
            errors = _errors(self._validator(schema), instance, is_long=len(body) > LISTED_FROM)
        except ValueError as error:
            return [f"{side}: the body cannot be validated: {error}"]
        return [f"{side} /{'/'.join(map(str, error.instance_path))}: {error.message}" for error in errors]

    def _validator(self, schema: Mapping[str, Any]) -> Any:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            json_schema = schema_views.as_json_schema(schema)
            _, validator = self._dialect
            self._validators[key] = validator(
                schema_views.with_references_into(_DOCUMENT, json_schema), registry=self._registry
            )
        return self._validators[key]

    @cached_property
    def _validators(self) -> dict[str, Any]:
        return {}

    @property
    def _dialect(self) -> tuple[Any, Any]:
        """The draft of JSON Schema, and its validator: OpenAPI 3.0 has draft 4: 1.0 is no integer."""
        import jsonschema_rs

        if str(self.document.get("openapi", "")).startswith("3.0"):
            return jsonschema_rs.Draft4, jsonschema_rs.Draft4Validator
        return jsonschema_rs.Draft202012, jsonschema_rs.Draft202012Validator

    @cached_property
    def _registry(self) -> Any:
        """The components, read once for all validators: that is most of the work of making one."""
        import jsonschema_rs

        components = schema_views.as_json_schema(self.document.get("components", {}))
        draft, _ = self._dialect
        return jsonschema_rs.Registry([(_DOCUMENT, {"components": components})], draft=draft)


def _name_of(schema: Mapping[str, Any]) -> str:
    """The name of the Go struct that a schema of the document refers to; "" if it refers to none."""
    return str(schema.get("$ref", "")).rpartition("/")[2].removesuffix(schema_views.REQUEST_SUFFIX)


def _errors(validator: Any, instance: Any, *, is_long: bool) -> list[Any]:
    """The errors that a validator finds, of a long instance the first.

    All errors of a long list take minutes, for their number is squared.

    Raises:
        ValueError: a text has half of a surrogate pair, or another value that the validator cannot take.
    """
    import jsonschema_rs

    try:
        validator.validate(instance)
    except jsonschema_rs.ValidationError as first:
        return [first] if is_long else list(validator.iter_errors(instance))
    return []


def _operations(document: Mapping[str, Any]) -> list[Operation]:
    default = document.get("security", [])
    operations = []
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                definition = _definition(item, method)
                name = definition.get("operationId", f"{method} {path}")
                secured = bool(definition.get("security", default))
                operations.append(Operation(name, method.upper(), path, secured))
    return operations


def _definition(item: Mapping[str, Any], method: str) -> Mapping[str, Any]:
    """The operation object of a method, with the parameters of its path item."""
    definition = item[method]
    return {**definition, "parameters": item.get("parameters", []) + definition.get("parameters", [])}
