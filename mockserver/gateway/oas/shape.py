"""The form that a gateway requires of an API definition in OpenAPI form, as far as the mock judges it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from mockserver.contract.openapi import METHODS
from mockserver.contract.spec_files import load_yaml, spec_path
from mockserver.contract.versions import GatewayVersion, Span

FORMS = "gateway/open_api_forms.yaml"
EXTENSION = "Extension"  # the name of the form of the gateway's part
_OF_MCP = "OfMcpProxies"  # the forms that definitions of MCP proxies have in place of others


@dataclass(frozen=True)
class Shape:
    """The form of a JSON value.

    Attributes:
        kinds: the types in JSON Schema; empty for any.
        pattern, never: an expression that a text must match, and one that it must not match; "" for none.
        format: a format of JSON Schema that a text must have; "" for none.
        values: the possible values; empty for any.
        minimum, maximum: the bounds of a number; None for none.
        required: the members that an object must have.
        members: the forms of an object's members.
        patterns: the forms of members by expressions that their names match.
        others: the form of all other members; None if that is free.
        least, least_items: the least number of members of an object, and of items of a list.
        first: the form of the first item of a list; None if that is free.
        each: the form of all items of a list; None if that is free.
        is_unique: True if the items of a list must differ.
        is_closed: True if an object may have no other members than these, but those that begin with x-.
        any_of, all_of: forms of which the value must fit one, and each; empty for none.
    """

    kinds: tuple[str, ...] = ()
    pattern: str = ""
    never: str = ""
    format: str = ""
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: tuple[str, ...] = ()
    members: Mapping[str, Shape] = field(default_factory=dict)
    patterns: Mapping[str, Shape] = field(default_factory=dict)
    others: Shape | None = None
    least: int = 0
    least_items: int = 0
    first: Shape | None = None
    each: Shape | None = None
    is_unique: bool = False
    is_closed: bool = False
    any_of: tuple[Shape, ...] = ()
    all_of: tuple[Shape, ...] = ()


_TEXT = Shape(("string",))
_OPERATION = Shape(("object",), required=("responses",), members={"responses": Shape(("object",), least=1)})
_PATH = Shape(("object",), members=dict.fromkeys(METHODS, _OPERATION))
_KNOWN_OF_INFO = ("description", "termsOfService", "contact", "license", "summary")
_INFO = Shape(
    ("object",),
    required=("title", "version"),
    members={"title": _TEXT, "version": _TEXT, **{name: Shape() for name in _KNOWN_OF_INFO}},
    is_closed=True,
)
_EXTERNAL = Shape(
    ("object",),
    required=("url",),
    members={"description": _TEXT, "url": Shape(("string",), format="uri-reference")},
    is_closed=True,
)
_TAG = Shape(
    ("object",),
    required=("name",),
    members={"name": _TEXT, "description": _TEXT, "externalDocs": _EXTERNAL},
    is_closed=True,
)
_VARIABLE = Shape(
    ("object",),
    required=("default",),
    members={"enum": Shape(("array",), each=_TEXT), "default": _TEXT, "description": _TEXT},
    is_closed=True,
)
_SERVER = Shape(
    ("object",),
    required=("url",),
    members={
        "url": _TEXT, "description": _TEXT, "variables": Shape(("object",), others=_VARIABLE),
    },
    is_closed=True,
)  # fmt: skip
_OLDER = {  # parts of a document of 3.0; those of 3.1 are not judged
    "externalDocs": _EXTERNAL,
    "servers": Shape(("array",), each=_SERVER),
    "security": Shape(("array",), each=Shape(("object",), others=Shape(("array",), each=_TEXT))),
    "tags": Shape(("array",), each=_TAG, is_unique=True),
    "components": Shape(("object",)),
}
_DOCUMENT = Shape(
    ("object",),
    required=("openapi", "info", "paths"),
    members={
        "info": _INFO,
        "paths": Shape(("object",), patterns={"^/": _PATH}, is_closed=True),
        **{name: Shape() for name in ("externalDocs", "servers", "security", "tags", "components")},
    },
    is_closed=True,
)
_VERSIONS = {"3.0": r"^3\.0\.\d(-.+)?$", "3.1": r"^3\.1\.\d+(-.+)?$"}


@cache
def shape_of(line: str, version: GatewayVersion | None, *, is_mcp: bool = False) -> Shape:
    """The form of a document of a release line of OpenAPI, 3.0 or 3.1, for a version of the gateway.

    With `is_mcp` it is the definition of an MCP proxy.
    """
    forms = _forms()
    members = {
        "openapi": Shape(("string",), pattern=_VERSIONS[line]),
        **_DOCUMENT.members,
        **(_OLDER if line == "3.0" else {}),
        "x-tyk-api-gateway": _Reader({**forms, **forms[_OF_MCP]} if is_mcp else forms, version).shape(
            EXTENSION
        ),
    }
    return replace(_DOCUMENT, members=members)


@cache
def _forms() -> Mapping[str, Any]:
    forms: Mapping[str, Any] = load_yaml(spec_path(FORMS))
    return forms


_PLAIN = ("pattern", "never", "format", "least", "least_items", "minimum", "maximum")


@dataclass(frozen=True)
class _Reader:
    """The reader of the table of forms for one version; None is the newest."""

    forms: Mapping[str, Any]
    version: GatewayVersion | None

    def shape(self, form: Any) -> Shape:
        """The shape of a form, which is a type, the name of another form, or a row."""
        if isinstance(form, str):
            return self.shape(self._current(self.forms[form])) if form in self.forms else Shape((form,))
        kind = form.get("kind", ())
        return Shape(
            kinds=(kind,) if isinstance(kind, str) else tuple(kind),
            values=tuple(form.get("values", ())),
            required=tuple(form.get("required", ())),
            members={
                name: self.shape(current)
                for name, member in form.get("members", {}).items()
                if (current := self._current(member)) is not None
            },
            patterns={name: self.shape(other) for name, other in form.get("patterns", {}).items()},
            any_of=tuple(map(self.shape, form.get("any_of", ()))),
            all_of=tuple(map(self.shape, form.get("all_of", ()))),
            is_unique=form.get("unique", False),
            others=self._optional(form, "others"),
            first=self._optional(form, "first"),
            each=self._optional(form, "each"),
            **{name: form[name] for name in _PLAIN if name in form},
        )

    def _optional(self, form: Mapping[str, Any], name: str) -> Shape | None:
        return self.shape(form[name]) if name in form else None

    def _current(self, form: Any) -> Any:
        """The form in this version; None if there is none."""
        if not isinstance(form, list):
            return form
        if self.version is None:
            return form[-1]["form"]
        spans = ((row["form"], Span.parse(row.get("since"), row.get("until"))) for row in form)
        return next((current for current, span in spans if self.version in span), None)
