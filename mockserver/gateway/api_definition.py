"""API definitions: the classic form, by which APIs are served, and beside it the OpenAPI form of some.

A gateway reads the members that it knows, and writes all of them: others are lost.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import unquote_plus

from mockserver.contract.codecs import Codec, Malformed
from mockserver.gateway.listen_path import PathPrefix
from mockserver.gateway.oas import authentication, conversion, operations
from mockserver.gateway.oas.definition import OpenApi
from mockserver.gateway.oas.path_rules import PathRules
from mockserver.gateway.policy_merging import Document
from mockserver.golang import absolute_urls, json_writer
from mockserver.golang.absolute_urls import AbsoluteUrl, BadUrl
from mockserver.golang.regexps import shown

_MCP = {"json_rpc_version": "2.0", "application_protocol": "mcp"}  # of an MCP proxy
_TLS_1_2 = 0x0303
TIME_FORM = "%Y-%m-%d %H:%M"  # apidef/api_definitions.go:109 @v5.12.0


@dataclass(frozen=True)
class Api:
    """An API definition.

    Attributes:
        fields: the members of the classic form, zero values included.
        document: the document in files and responses, without the members that are omitted if they are empty.
        open_api: the definition in OpenAPI form, as written; None if the API has only the classic form.
    """

    fields: Document
    document: Document
    open_api: OpenApi | None = None

    @classmethod
    def of_open_api(cls, codec: Codec, definition: OpenApi, *, is_mcp: bool = False) -> Api:
        """The API of a definition in OpenAPI form, or the MCP proxy; `codec` is that of the classic form."""
        fields = conversion.classic_fields(definition, codec.type) | (_MCP if is_mcp else {})
        return cls(fields, codec.type.output(fields), definition)

    @classmethod
    def decode(cls, codec: Codec, body: bytes, *, whole: bool = False) -> Api:
        """Decode a definition; with `whole` only white space may follow its JSON value.

        Raises:
            Malformed: the body is not JSON, a member has a wrong type, or more follows.
        """
        fields = codec.decode(body, whole=whole)
        return cls(fields, codec.type.output(fields))

    @classmethod
    def of_node(cls, codec: Codec, node: Any) -> Api:
        """A definition from a node of `json_reader`.

        Raises:
            Malformed: a member has a wrong type.
        """
        fields, reasons = codec.decode_node(node)
        if reasons:
            raise Malformed(reasons)
        return cls(fields, codec.type.output(fields))

    @property
    def id(self) -> str:
        """The API's id; "" if the definition has none."""
        return str(self.fields["api_id"])

    @property
    def org_id(self) -> str:
        """The id of the organisation that the API belongs to."""
        return str(self.fields["org_id"])

    @property
    def is_mcp(self) -> bool:
        """True for an MCP proxy, which has its own paths and files (gateway/mcp_api.go @v5.13.1)."""
        return bool(self.fields.get("application_protocol") == _MCP["application_protocol"])

    @property
    def listen_path(self) -> str:
        """The path prefix of the API's requests."""
        return str(self.fields["proxy"]["listen_path"])

    @property
    def domain(self) -> str:
        """The domain of the API's requests; "" if it has none (apidef/api_definitions.go:1434 @v5.12.0)."""
        return "" if self.fields["domain_disabled"] else str(self.fields["domain"])

    def with_listen_path(self, path: str) -> Api:
        """A copy with another listen path."""
        proxies = [{**members["proxy"], "listen_path": path} for members in (self.fields, self.document)]
        return replace(
            self,
            fields={**self.fields, "proxy": proxies[0]},
            document={**self.document, "proxy": proxies[1]},
        )

    def as_loaded(self, codec: Codec) -> Api:
        """A copy with the values that loading changes (gateway/api_loader.go:171 @v5.14.0).

        `codec` is that of the classic form.
        """
        transport, tags = self.fields["proxy"]["transport"], self.fields["tag_headers"]
        newest = max(_TLS_1_2 if transport["ssl_max_version"] > 0 else 0, transport["ssl_min_version"])
        lower = tags and [tag.lower() for tag in tags]
        if not self.is_mcp and (newest, lower) == (transport["ssl_max_version"], tags):
            return self
        fields = copy.deepcopy(self.fields)
        fields["proxy"]["transport"]["ssl_max_version"], fields["tag_headers"] = newest, lower
        if self.is_mcp and self.open_api is not None:
            conversion.add_primitives(self.open_api, fields, codec.type)
        return replace(self, fields=fields, document=codec.type.output(fields))

    def with_id(self, api_id: str) -> Api:
        """A copy with another id."""
        return Api(
            {**self.fields, "api_id": api_id},
            {**self.document, "api_id": api_id},
            self.open_api and self.open_api.with_id(api_id),
        )

    def in_classic_form(self) -> Api:
        """A copy that has the classic form alone, as the classic paths write it."""
        if not self.fields["is_oas"]:
            return self
        return Api(
            {**self.fields, "is_oas": False}, {k: v for k, v in self.document.items() if k != "is_oas"}
        )

    def with_versions(self, definition: Document) -> Api:
        """A copy with another definition of its versions."""
        parts = [{**members, "definition": definition} for members in (self.fields, self.document)]
        return replace(self, fields=parts[0], document=parts[1])

    @cached_property
    def prefixes(self) -> tuple[PathPrefix, PathPrefix]:
        """The two path prefixes of the API: /<id>/ and the listen path."""
        return PathPrefix(f"/{self.id}/"), PathPrefix(self.listen_path)

    @cached_property
    def jwt_settings(self) -> Document | None:
        """The settings for tokens of an API in OpenAPI form; None if it has none."""
        return None if self.open_api is None else authentication.jwt_settings(self.open_api)

    @cached_property
    def resource_metadata(self) -> Document:
        """The settings of the metadata of a protected resource; empty if the API has none.

        An MCP proxy has metadata unless they are disabled (gateway/model_apispec.go:171 @v5.14.0).
        """
        own = (self.open_api and self.open_api.authentication) or {}
        settings: Any = own.get("protectedResourceMetadata")
        if not isinstance(settings, dict):
            settings = {"enabled": self.is_mcp}
        return settings if settings.get("enabled") is True else {}

    @property
    def mirrors_metadata(self) -> bool:
        """True if the metadata of the API are those of its upstream."""
        own = self.resource_metadata
        return self.is_mcp and bool(own) and not (own.get("resource") or own.get("authorizationServers"))

    @cached_property
    def alternatives(self) -> list[list[str]]:
        """The lists of kinds of credential of which one must be complete; empty if all are required."""
        return authentication.alternatives(self.open_api) if self.open_api else []

    @cached_property
    def path_rules(self) -> PathRules:
        """The rules of the definition for methods, primitives and paths, as far as MCP proxies have them."""
        return PathRules(self.open_api)

    @cached_property
    def replying_operations(self) -> list[tuple[str, str, Document, Document]]:
        """The operations that the definition itself answers, as `operations.by_path` gives them."""
        found = operations.by_path(self.open_api) if self.open_api else ()
        return [operation for operation in found if operations.is_on(operation[3], "mockResponse")]

    @cached_property
    def target(self) -> AbsoluteUrl:
        """The URL of the upstream.

        Raises:
            BadUrl: Go does not parse it.
        """
        return absolute_urls.parse(str(self.fields["proxy"]["target_url"]))

    @property
    def problem(self) -> str:
        """Why the API cannot be loaded; "" if it can (gateway/api_loader.go:69 @v5.12.0)."""
        if not self.listen_path or " " in self.listen_path:
            return "the listen path is empty or has a space in it"
        if reason := self.prefixes[1].problem:
            return f"the listen path {shown(self.listen_path)} cannot be routed: {reason}"
        try:
            _ = self.target
        except BadUrl as error:
            return f"the target_url is not a URL: {error}"
        return ""

    def ends_segment(self, path: str) -> bool:
        """True unless the listen path ends within a segment of a path (gateway/api_loader.go:830 @v5.12.0).

        One that ends with a slash, or has variables, never does so for a gateway with strict routes.
        """
        listen_path = self.listen_path
        if listen_path.endswith("/") or ("{" in listen_path and "}" in listen_path):
            return True
        return path == listen_path or path.startswith((f"{listen_path}/", f"/{self.id}/"))

    def stripped(self, path: str) -> str:
        """The path of a request without the listen path (internal/httputil/mux.go:82 @v5.12.0)."""
        rest = path.removeprefix(self.listen_path)
        if rest == path and "{" in self.listen_path:
            rest = path[self.prefixes[1].end(path) or 0 :]
        return rest if rest.startswith("/") else "/" + rest

    def path_after_prefix(self, path: str) -> str:
        """The rest of a path after the first matching prefix, with one leading slash."""
        ends = (prefix.end(path) for prefix in self.prefixes)
        return "/" + path[next((end for end in ends if end is not None), 0) :].lstrip("/")

    @cached_property
    def text(self) -> str:
        """The text of the definition in a response."""
        return json_writer.write(self.document)

    def file_text(self) -> str:
        """The text of the definition in its file."""
        return json_writer.write(self.document, indent="  ")


def expiry(text: str) -> tuple[float | None, bool]:
    """The expiry date of a definition in seconds since the epoch, and True if it cannot be parsed.

    The time is None if the definition never expires (apidef/api_definitions.go:1361 @v5.12.0).
    """
    if text in ("", "-1"):
        return None, False
    try:
        return datetime.strptime(text, TIME_FORM).replace(tzinfo=UTC).timestamp(), False
    except ValueError:
        return None, True


def is_path_component(name: str) -> bool:
    """True if an id may be the name of a file (internal/sanitize/path.go:34 @v5.12.0)."""
    for _ in range(3):
        if re.search("%(?![0-9A-Fa-f]{2})", name):
            break
        name = unquote_plus(name)
    return name not in ("", ".", "..") and not re.search(r"[/\\]", name)
