"""The refusals of OpenAPI documents that a JSON schema cannot say, in the words of the gateway's library.

Source: the methods Validate of package openapi3 of kin-openapi; recordings oas/path-checks, oas/documents.
The examples and defaults of a document are not judged, as by a gateway without `oas.validate_examples` and
`oas.validate_schema_defaults`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from mockserver.gateway.oas import path_checks
from mockserver.gateway.oas.document_types import reference
from mockserver.gateway.oas.object_checks import (
    PLACES,
    Invalid,
    Panic,
    check_example,
    check_external,
    check_form,
    check_link,
    check_scheme,
    check_server,
    check_siblings,
    within,
)  # fmt: skip
from mockserver.gateway.oas.references import References
from mockserver.gateway.policy_merging import Document, quoted
from mockserver.golang import regexps

_IDENTIFIER = re.compile(r"[a-zA-Z0-9._-]+")
_CHARSET = '(charset: ["a-zA-Z0-9._-"])'
_LABELS = {
    "schemas": ("schema", "Schema"), "parameters": ("parameter", "Parameter"),
    "requestBodies": ("request body", "RequestBody"), "responses": ("response", "Response"),
    "headers": ("header", "Header"), "securitySchemes": ("security scheme", "SecurityScheme"),
    "examples": ("example", "Example"), "links": ("link", "Link"), "callbacks": ("callback", "Callback"),
}  # fmt: skip
_TYPES = ("boolean", "number", "integer", "string", "array", "object")
_UNICODE = re.compile(r"\\u([0-9A-F]{4})")
_ONE_ENTRY = "parameter content must only contain one entry"


class Checks:
    """The rules of a document, by kind of its objects; what breaks one raises `Invalid`."""

    def __init__(self, references: References, *, is_newer: bool) -> None:
        self._references = references
        self._is_newer = is_newer  # the document is of OpenAPI 3.1
        self._passed: set[int] = set()  # the schemas that were checked
        self._by_kind: dict[str, Callable[[Document], None]] = {
            "Schema": self._schema, "Parameter": self._parameter, "Header": self._header,
            "RequestBody": self._request_body, "Response": self._response, "Example": check_example,
            "Link": check_link, "Callback": self._callback, "SecurityScheme": check_scheme,
        }  # fmt: skip

    def document(self) -> None:
        """Check the document of the references."""
        document = self._references.document
        with within("invalid components: "):
            self._components(document.get("components") or {})
        with within("invalid info: "):
            self._info(document.get("info"))
        with within("invalid paths: "):
            self._paths(document.get("paths"))
        with within("invalid servers: "):
            for server in document.get("servers") or ():
                check_server(server)
        with within("invalid tags: "):
            for tag in document.get("tags") or ():
                self._tag(tag)
        with within("invalid external docs: "):
            check_external(document.get("externalDocs"))
        with within("invalid webhooks: "):
            self._webhooks(document.get("webhooks") or {})
        check_siblings("Document", document)

    def _components(self, node: Document) -> None:
        for member, (label, kind) in _LABELS.items():
            items = node.get(member) or {}
            for name in sorted(items):
                with within(f"{label} {quoted(name)}: "):
                    if not _IDENTIFIER.fullmatch(name):
                        text = f"identifier {quoted(name)} is not supported by OpenAPIv3 standard {_CHARSET}"
                        raise Invalid(text)
                    self._check(kind, items[name])
        check_siblings("Components", node)

    def _check(self, kind: str, node: Any) -> None:
        """Check an object, or what a reference to one leads to."""
        if text := reference(node):
            extras = sorted(name for name in node if name != "$ref" and not name.startswith("x-"))
            if extras and not (self._is_newer and kind == "Schema"):
                raise Invalid(f"extra sibling fields: [{' '.join(extras)}]")
            node = self._references.target(kind, node)
            if node is None:
                raise Invalid(f"found unresolved ref: {quoted(text)}")
        elif node is None:
            raise Invalid('found unresolved ref: ""')
        self._by_kind[kind](node)

    def _info(self, node: Document | None) -> None:
        if node is None:
            raise Invalid("must be an object")
        check_siblings("Contact", node.get("contact") or {})
        if (known := node.get("license")) is not None:
            if not known.get("name"):
                raise Invalid("value of license name must be a non-empty string")
            check_siblings("License", known)
        for name in ("version", "title"):
            if not node.get(name):
                raise Invalid(f"value of {name} must be a non-empty string")
        check_siblings("Info", node)

    def _paths(self, paths: Document | None) -> None:
        if paths is None:
            raise Invalid("must be an object")
        items = {path: self._path_item(item) for path, item in paths.items() if not path.startswith("x-")}
        for path in sorted(items):
            path_checks.check_path(path, items, self._path_parameters)
            with within(f"invalid path {path}: "):
                self._item(items[path])
        path_checks.check_ids(items)

    def _path_item(self, node: Any) -> Document:
        if reference(node) and len(node) == 1:
            node = self._references.target("PathItem", node)
        return node or {}

    def _path_parameters(self, node: Document) -> list[str]:
        """The names of the parameters in the path that a path item or an operation has."""
        targets = (self._references.target("Parameter", item) for item in node.get("parameters") or ())
        return [item.get("name") or "" for item in targets if item and item.get("in") == "path"]

    def _item(self, node: Document) -> None:
        for method, operation in path_checks.operations(node):
            with within(f"invalid operation {method}: "):
                self._operation(operation)
        self._parameters(node.get("parameters") or ())
        check_siblings("PathItem", node)

    def _webhooks(self, items: Document) -> None:
        for name, item in items.items():
            if item is None:
                raise Invalid(f"webhook {quoted(name)} is nil")
            with within(f"webhook {quoted(name)}: "):
                self._item(item)

    def _operation(self, node: Document) -> None:
        self._parameters(node.get("parameters") or ())
        if node.get("requestBody") is not None:
            self._check("RequestBody", node["requestBody"])
        if node.get("responses") is None:
            raise Invalid("value of responses must be an object")
        responses = {name: item for name, item in node["responses"].items() if not name.startswith("x-")}
        if not responses:
            raise Invalid("the responses object MUST contain at least one response code")
        for name in sorted(responses):
            self._check("Response", responses[name])
        with within("invalid external docs: "):
            check_external(node.get("externalDocs"))
        check_siblings("Operation", node)

    def _parameters(self, items: Any) -> None:
        seen: set[tuple[str, str]] = set()
        for item in items:
            node = self._references.target("Parameter", item)
            if node is not None:
                key = node.get("in") or "", node.get("name") or ""
                if key in seen:
                    raise Invalid(f"more than one {quoted(key[0])} parameter has name {quoted(key[1])}")
                seen.add(key)
            self._check("Parameter", item)

    def _parameter(self, node: Document) -> None:
        name, place = node.get("name") or "", node.get("in") or ""
        if not name:
            raise Invalid("parameter name can't be blank")
        if place not in PLACES:
            raise Invalid(f"parameter can't have 'in' value {quoted(place)}")
        if place == "path" and not node.get("required"):
            raise Invalid(f"path parameter {quoted(name)} must be required")
        with within(f"parameter {quoted(name)} schema is invalid: "):
            check_form(node, place)
        with within(f"parameter {quoted(name)} content is invalid: "):
            self._only_content(node)
        if node.get("schema") is None:
            check_siblings("Parameter", node)
            return
        with within(f"parameter {quoted(name)} schema is invalid: "):
            self._check("Schema", node["schema"])
        if node.get("example") is not None and "examples" in node:
            raise Invalid(f"parameter {quoted(name)} example and examples are mutually exclusive")

    def _header(self, node: Document) -> None:
        for member, text in (
            ("name", "it is given in the corresponding headers map"),
            ("in", "it is implicitly in header"),
        ):
            if node.get(member):
                raise Invalid(f"header '{member}' MUST NOT be specified, {text}")
        with within("header schema is invalid: "):
            check_form(node, "header", is_header=True)
        if node.get("schema") is not None:
            with within("header schema is invalid: "):
                self._check("Schema", node["schema"])
        with within("header content is invalid: "):
            self._only_content(node)

    def _only_content(self, node: Document) -> None:
        content = node.get("content") or {}
        if len(content) > 1:
            raise Invalid(_ONE_ENTRY)
        self._content(content)

    def _content(self, content: Document) -> None:
        for name in sorted(content):
            node = content[name] or {}
            if node.get("schema") is not None:
                self._check("Schema", node["schema"])
                if node.get("example") is not None and "examples" in node:
                    raise Invalid("example and examples are mutually exclusive")
            check_siblings("MediaType", node)

    def _request_body(self, node: Document) -> None:
        if "content" not in node:
            raise Invalid("content of the request body is required")
        self._content(node["content"] or {})
        check_siblings("RequestBody", node)

    def _response(self, node: Document) -> None:
        if node.get("description") is None:
            raise Invalid("a short description of the response is required")
        self._content(node.get("content") or {})
        for member, kind in (("headers", "Header"), ("links", "Link")):
            items = node.get(member) or {}
            for name in sorted(items):
                self._check(kind, items[name])
        check_siblings("Response", node)

    def _callback(self, node: Document) -> None:
        for name in sorted(node):
            if not name.startswith("x-"):
                self._item(self._path_item(node[name]))

    def _tag(self, node: Document | None) -> None:
        if node is None:
            raise Panic
        with within("invalid external docs: "):
            check_external(node.get("externalDocs"))
        check_siblings("Tag", node)

    def _inner(self, node: Any) -> None:
        """Check a schema within another one, beside whose reference anything may stand."""
        target = self._references.target("Schema", node)
        if target is None:
            raise Invalid(f"found unresolved ref: {quoted(reference(node))}")
        self._schema(target)

    def _schema(self, node: Document) -> None:
        if id(node) in self._passed:
            return
        self._passed.add(id(node))
        if node.get("readOnly") and node.get("writeOnly"):
            raise Invalid("a property MUST NOT be marked as both readOnly and writeOnly being true")
        for name in ("oneOf", "anyOf", "allOf"):
            for item in node.get(name) or ():
                self._inner(item)
        if node.get("not") is not None:
            self._inner(node["not"])
        kinds = node.get("type")
        for kind in [kinds] if isinstance(kinds, str) else kinds or ():
            self._type(kind or "", node)
        if node.get("items") is not None:
            self._inner(node["items"])
        properties = node.get("properties") or {}
        for name in sorted(properties):
            self._inner(properties[name])
        if isinstance(node.get("additionalProperties"), dict):
            self._inner(node["additionalProperties"])
        with within("invalid external docs: "):
            check_external(node.get("externalDocs"))
        check_siblings("Schema", node)

    def _type(self, kind: str, node: Document) -> None:
        if kind not in _TYPES and not (kind == "null" and self._is_newer):
            raise Invalid(f"unsupported 'type' value {quoted(kind)}")
        if kind == "array" and node.get("items") is None:
            raise Invalid("when schema type is 'array', schema 'items' must be non-null")
        if kind == "string" and (pattern := node.get("pattern")):
            try:
                regexps.compiled(_UNICODE.sub(r"\\x{\1}", pattern))
            except regexps.BadExpression as error:
                raise Invalid(error.go_text) from error
