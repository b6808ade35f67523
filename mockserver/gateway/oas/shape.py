"""The form that a gateway requires of an API definition in OpenAPI form, as far as the mock judges it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from typing import Any

from mockserver.contract.spec_files import load_yaml, spec_path
from mockserver.contract.versions import GatewayVersion, Span
from mockserver.gateway.oas.openapi_schema import openapi_schema

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
        is_over: True if a number must be over its minimum.
        required: the members that an object must have.
        members: the forms of an object's members.
        patterns: the forms of members by expressions that their names match.
        others: the form of all other members; None if that is free.
        least, most, least_items: the bounds of the number of members of an object, and of items of a list.
        first: the form of the first item of a list; None if that is free.
        each: the form of all items of a list; None if that is free.
        is_unique: True if the items of a list must differ.
        is_closed: True if an object may have no other members than these.
        any_of, one_of, all_of: forms of which the value must fit at least one, exactly one, and each; empty
            for none.
        none_of: a form that the value must not have; None for none.
        target: what gives the form in place of this one, of which nothing else counts; None for this one.
    """

    kinds: tuple[str, ...] = ()
    pattern: str = ""
    never: str = ""
    format: str = ""
    values: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    is_over: bool = False
    required: tuple[str, ...] = ()
    members: Mapping[str, Shape] = field(default_factory=dict)
    patterns: Mapping[str, Shape] = field(default_factory=dict)
    others: Shape | None = None
    least: int = 0
    most: int | None = None
    least_items: int = 0
    first: Shape | None = None
    each: Shape | None = None
    is_unique: bool = False
    is_closed: bool = False
    any_of: tuple[Shape, ...] = ()
    one_of: tuple[Shape, ...] = ()
    all_of: tuple[Shape, ...] = ()
    none_of: Shape | None = None
    target: Callable[[], Shape] | None = None

    @cached_property
    def has_alternatives(self) -> bool:
        """True if the value must have, or must not have, a form beside this one."""
        return bool(self.any_of or self.one_of or self.all_of or self.none_of or self.never)


@cache
def shape_of(line: str, version: GatewayVersion | None, *, is_mcp: bool = False) -> Shape:
    """The form of a document of a release line of OpenAPI, 3.0 or 3.1, for a version of the gateway.

    With `is_mcp` it is the definition of an MCP proxy. A document of 3.1 may have any form: of its schema the
    gateway's library reads a reference at its top alone, which demands nothing (recording oas/newer).
    """
    if line != "3.0":
        return Shape()
    forms, document = _forms(), of_schema(openapi_schema())
    own = _Reader({**forms, **forms[_OF_MCP]} if is_mcp else forms, version).shape(EXTENSION)
    return replace(document, members={**document.members, "x-tyk-api-gateway": own})


@cache
def _forms() -> Mapping[str, Any]:
    forms: Mapping[str, Any] = load_yaml(spec_path(FORMS))
    return forms


def of_schema(schema: dict[str, Any]) -> Shape:
    """The form that a JSON schema of draft 4 says; a reference in it is followed when it is needed."""
    named: dict[str, Shape] = {}

    def target(reference: str) -> Shape:
        if reference not in named:
            named[reference] = shape(schema["definitions"][reference.removeprefix("#/definitions/")])
        return named[reference]

    def shape(node: dict[str, Any]) -> Shape:
        if "$ref" in node:
            return Shape(target=partial(target, node["$ref"]))
        kind, others = node.get("type", ()), node.get("additionalProperties")
        return Shape(
            kinds=(kind,) if isinstance(kind, str) else tuple(kind),
            values=tuple(node.get("enum", ())),
            required=tuple(node.get("required", ())),
            members={name: shape(member) for name, member in node.get("properties", {}).items()},
            patterns={name: shape(member) for name, member in node.get("patternProperties", {}).items()},
            is_closed=others is False,
            others=shape(others) if isinstance(others, dict) else None,
            each=shape(node["items"]) if "items" in node else None,
            none_of=shape(node["not"]) if "not" in node else None,
            any_of=tuple(map(shape, node.get("anyOf", ()))),
            one_of=tuple(map(shape, node.get("oneOf", ()))),
            all_of=tuple(map(shape, node.get("allOf", ()))),
            **{_KEYWORDS[name]: value for name, value in node.items() if name in _KEYWORDS},
        )

    return shape(schema)


_KEYWORDS = {
    "pattern": "pattern", "format": "format", "minimum": "minimum", "exclusiveMinimum": "is_over",
    "minProperties": "least", "maxProperties": "most", "minItems": "least_items",
    "uniqueItems": "is_unique",
}  # fmt: skip
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
