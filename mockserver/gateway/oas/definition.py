"""API definitions in OpenAPI form: an OpenAPI document, and in it the gateway's own part."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mockserver.contract.definition_types import EXTENSION as EXTENSION_TYPE
from mockserver.contract.definition_types import OAUTH, struct_of
from mockserver.contract.openapi import Contract
from mockserver.gateway.policy_merging import Document
from mockserver.golang import json_reader, json_writer
from mockserver.golang.durations import DURATION
from mockserver.golang.scalars import ANY, GoType, Problems
from mockserver.golang.structs import Map, Slice, Struct

EXTENSION = "x-tyk-api-gateway"
METHODS = ("connect", "delete", "get", "head", "options", "patch", "post", "put", "trace")  # of paths
MAPS = ("securitySchemes", "operations")  # which are zero if they are empty
_AS_SENT = frozenset({"protectedResourceMetadata"})  # that stay although they are zero, for no classic form
_REFERENCE = "#/components/parameters/"
_PLUGINS = ("prePlugin", "postAuthenticationPlugin", "postPlugin", "responsePlugin")
_SCHEME_TYPES = {"apiKey": "TokenScheme", "oauth2": "OAuthScheme"}
_KINDS_OF_OAUTH = {  # types of settings of OAuth 2.0, by members that only they have
    "providers": "external", "scopeCheck": "native", "protectedResourceMetadata": "native",
    "tokenExchange": "native",
}  # fmt: skip


@dataclass(frozen=True)
class OpenApi:
    """An API definition in OpenAPI form.

    Attributes:
        document: the OpenAPI document without the gateway's part, with sorted members, as gateways write it.
        extension: the gateway's part with all members of its schema; None if the document has none.
    """

    document: Document
    extension: Document | None

    def copy(self) -> OpenApi:
        """A copy that shares nothing with the original."""
        return OpenApi(copy.deepcopy(self.document), copy.deepcopy(self.extension))

    def with_id(self, api_id: str) -> OpenApi:
        """A copy with another id of the API."""
        changed = self.copy()
        assert changed.extension is not None
        changed.extension["info"]["id"] = api_id
        return changed

    def with_servers(self, servers: list[Any]) -> OpenApi:
        """A copy with other servers."""
        document = {name: value for name, value in self.document.items() if name != "servers"}
        return replace(self, document=sorted_members(document | ({"servers": servers} if servers else {})))

    @property
    def servers(self) -> list[Any]:
        """The servers of the document; empty if there are none."""
        return self.document.get("servers") or []

    def scheme(self, name: str) -> Document:
        """The security scheme of the OpenAPI document with this name; empty if there is none."""
        schemes = (self.document.get("components") or {}).get("securitySchemes") or {}
        return schemes.get(name) or {}

    @property
    def authentication(self) -> Document | None:
        """The gateway's part about authentication; None if there is none."""
        return self.extension and self.extension["server"]["authentication"]


class OpenApiCodec:
    """The reader and writer of API definitions in OpenAPI form."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    @cached_property
    def _extension(self) -> Struct:
        return self._struct(EXTENSION_TYPE)

    def decode(self, node: json_reader.Object) -> OpenApi:
        """A definition from a node of `json_reader`; members of wrong types are zero."""
        document = ANY.decode(node, None, Problems())
        part = next((value for name, value in reversed(node) if name == EXTENSION), None)
        document.pop(EXTENSION, None)
        if document.get("security", ...) is None:
            del document["security"]
        if security := document.get("security"):
            document["security"] = [{} if item is None else item for item in security]
        result = OpenApi(sorted_members(document), None)
        if not isinstance(part, json_reader.Object):
            return result
        extension = self._extension.decode(part, self._extension.fresh(), Problems())
        _replace_old_plugins(extension)
        result = replace(result, extension=extension)
        self._decode_schemes(result, part)
        return result

    def empty_extension(self) -> Document:
        """A gateway's part with zero members."""
        return dict(self._extension.fresh())

    def full_extension(self) -> Document:
        """A gateway's part whose optional parts are all there, with zero members."""
        return dict(_full(self._extension))

    def completed(self, part: Document) -> Document:
        """A gateway's part with zero members for those that it lacks, at any depth."""
        return dict(_completed(self._extension, part))

    def without_zeros(self, part: Document) -> Document:
        """A gateway's part without its optional parts that have no value."""
        return dict(_without_zeros(self._extension, part))

    def empty_operation(self) -> Document:
        """The settings of an operation without any."""
        return dict(self._struct("Operation").fresh())

    def _struct(self, name: str) -> Struct:
        assert self._contract.version is not None
        return struct_of(name, self._contract.version)

    def scheme(self, document: Document, settings: Any = None) -> Struct | None:
        """The type of the gateway's settings for a security scheme of OpenAPI; None if it supports none.

        That of OAuth 2.0 has several, which the `settings` tell apart.
        """
        kind, scheme = document.get("type"), document.get("scheme")
        if kind == "oauth2" and (special := self._kind_of_oauth(settings)):
            return special
        if kind != "http":
            name = _SCHEME_TYPES.get(str(kind))
        elif scheme == "bearer" and document.get("bearerFormat") == "JWT":
            name = "JwtScheme"
        else:
            name = "BasicScheme" if scheme == "basic" else None
        struct = self._contract.type_of(name) if name else None
        assert struct is None or isinstance(struct, Struct)
        return struct

    def _kind_of_oauth(self, settings: Any) -> Struct | None:
        """The type of settings of OAuth 2.0 that are not those of the gateway's own server, else None."""
        kinds = self._struct(OAUTH).by_name
        for member, kind in _KINDS_OF_OAUTH.items() if isinstance(settings, dict) else ():
            if settings.get(member, ...) is not ... and kind in kinds:
                struct = kinds[kind].type
                assert isinstance(struct, Struct)
                return struct
        return None

    def output(self, definition: OpenApi) -> Document:
        """The whole document as it is written."""
        if definition.extension is None:
            return definition.document
        part = self._extension.output(definition.extension)
        if schemes := (definition.authentication or {}).get("securitySchemes"):
            part["server"]["authentication"]["securitySchemes"] = {
                name: struct.output(schemes[name])
                if (struct := self.scheme(definition.scheme(name), schemes[name]))
                else schemes[name]
                for name in sorted(schemes)
            }
        document: Document = sorted_members({**definition.document, EXTENSION: None})
        return document | {EXTENSION: part}

    def file_text(self, definition: OpenApi) -> str:
        """The text of the definition in its file."""
        return json_writer.write(self.output(definition), indent="  ")

    def _decode_schemes(self, definition: OpenApi, part: Any) -> None:
        """Read the gateway's settings for the security schemes, each by the type of its scheme."""
        authentication = definition.authentication
        if not authentication or not authentication["securitySchemes"]:
            return
        nodes = _member(_member(_member(part, "server"), "authentication"), "securitySchemes")
        for name, settings in authentication["securitySchemes"].items():
            if struct := self.scheme(definition.scheme(name), settings):
                decoded = struct.decode(_member(nodes, name), struct.fresh(), Problems())
                authentication["securitySchemes"][name] = decoded


def _full(kind: GoType) -> Any:
    """The zero value of a type, with zero structs in place of nil pointers to them."""
    if not isinstance(kind, Struct):
        return kind.fresh()
    return {
        member.name: member.type.fresh() if member.name in _AS_SENT else _full(member.type)
        for member in kind.fields
    }


def _completed(kind: GoType, value: Any) -> Any:
    if isinstance(kind, Struct) and isinstance(value, dict):
        return {
            member.name: _completed(member.type, value[member.name])
            if member.name in value
            else member.type.fresh()
            for member in kind.fields
        }
    if isinstance(kind, Slice) and isinstance(value, list):
        return [_completed(kind.element, item) for item in value]
    if isinstance(kind, Map) and isinstance(value, dict):
        return {name: _completed(kind.element, item) for name, item in value.items()}
    return value


def _without_zeros(kind: Struct, value: Document) -> Document:
    result = dict(value)
    for member in kind.fields:
        item = value[member.name]
        if isinstance(member.type, Struct) and item is not None:
            item = _without_zeros(member.type, item)
            is_left_out = member.type.pointer and member.name not in _AS_SENT and is_zero(item)
            result[member.name] = None if is_left_out else item
    return result


def _replace_old_plugins(extension: Document) -> None:
    """Put plugins of the older form into the newer one (apidef/oas/middleware.go:183 @v5.12.0)."""
    settings = (extension["middleware"] or {}).get("global") or {}
    for name in _PLUGINS:
        if settings.get(name) is not None:
            older, settings[name] = settings[name]["plugins"], None
            if settings[f"{name}s"] is None:
                settings[f"{name}s"] = older


def resolved(parameter: Document, shared: Document) -> Document:
    """A parameter, or what it refers to among the shared parameters of a document."""
    reference = str(parameter.get("$ref", ""))
    if not reference.startswith(_REFERENCE):
        return parameter
    return shared.get(reference.removeprefix(_REFERENCE)) or {}


def is_zero(value: Any) -> bool:
    """True if a value has no part that is not zero."""
    if isinstance(value, dict):
        return all(not item if name in MAPS else is_zero(item) for name, item in value.items())
    return not value or value == DURATION.zero


def sorted_members(value: Any) -> Any:
    """A value whose objects have their members in the order of their names, at each depth."""
    if isinstance(value, dict):
        return {name: sorted_members(value[name]) for name in sorted(value)}
    return [sorted_members(item) for item in value] if isinstance(value, list) else value


def _member(node: Any, name: str) -> Any:
    if not isinstance(node, json_reader.Object):
        return None
    return next((value for key, value in reversed(node) if key == name), None)
