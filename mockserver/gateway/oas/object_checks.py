"""The refusals of single objects of OpenAPI documents, in the words of the gateway's library.

Source: the methods Validate of package openapi3 of kin-openapi; recording oas/documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mockserver.gateway.oas.document_types import KINDS
from mockserver.gateway.policy_merging import Document, quoted
from mockserver.golang import absolute_urls, json_writer

PLACES = {  # of parameters, with the styles that each knows
    "path": ("simple", "label", "matrix"), "header": ("simple",), "cookie": ("form",),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
}  # fmt: skip
_FLOWS = {  # by name: whether it needs the URLs of authorisation and of tokens
    "implicit": (True, False), "password": (False, True), "clientCredentials": (False, True),
    "authorizationCode": (True, True),
}  # fmt: skip


class Invalid(ValueError):
    """A document breaks a rule; the message is the gateway's."""


class Panic(Exception):
    """A gateway fails at the document, and closes the connection."""


@contextmanager
def within(where: str) -> Iterator[None]:
    """Say where what a check finds is."""
    try:
        yield
    except Invalid as error:
        raise Invalid(f"{where}{error}") from error


def check_siblings(kind: str, node: Document) -> None:
    """Refuse members that an object of a kind does not have, but for those that begin with x-."""
    extras = sorted(name for name in node if name not in KINDS[kind] and not name.startswith("x-"))
    if extras:
        raise Invalid(f"extra sibling fields: [{' '.join(extras)}]")


def check_form(node: Document, place: str, *, is_header: bool = False) -> None:
    """Check the style of a parameter or a header, and that it has a schema or content."""
    is_form = place in ("query", "cookie")
    style = node.get("style") or ("form" if is_form else "simple")
    exploded = is_form if node.get("explode") is None else node["explode"]
    if style not in PLACES[place] or (style == "deepObject" and not exploded):
        shown = f"style={quoted(style)} and explode={str(exploded).lower()}"
        raise Invalid(f"serialization method with {shown} is not supported by a {place} parameter")
    if (node.get("schema") is None) == (not node.get("content")):
        shown = f": {_as_go_prints(node)}" if is_header else ""
        raise Invalid(f"parameter must contain exactly one of content and schema{shown}")


def _as_go_prints(node: Document) -> str:
    """A header without schema and content, as %v prints its structure."""
    names = ("allowEmptyValue", "allowReserved", "deprecated", "required")
    flags = " ".join(str(bool(node.get(name))).lower() for name in names)
    texts = f"{node.get('description') or ''} {node.get('style') or ''}"
    return "&{{map[] <nil>   " + texts + f" <nil> {flags} <nil> <nil> map[] map[]" + "}}"


def check_example(node: Document) -> None:
    """Check an example."""
    has_value, has_place = node.get("value") is not None, bool(node.get("externalValue"))
    if has_value and has_place:
        raise Invalid("value and externalValue are mutually exclusive")
    if not has_value and not has_place:
        raise Invalid("no value or externalValue field")
    check_siblings("Example", node)


def check_link(node: Document) -> None:
    """Check a link."""
    name, place = node.get("operationId") or "", node.get("operationRef") or ""
    if not name and not place:
        raise Invalid("missing operationId or operationRef on link")
    if name and place:
        text = f"operationId {quoted(name)} and operationRef {quoted(place)}"
        raise Invalid(f"{text} are mutually exclusive")
    check_siblings("Link", node)


def check_external(node: Document | None) -> None:
    """Check the external documentation of something, if there is any."""
    if node is None:
        return
    if not node.get("url"):
        raise Invalid("url is required")
    try:
        absolute_urls.parse(node["url"])
    except absolute_urls.BadUrl as error:
        raise Invalid(f"url is incorrect: parse {quoted(node['url'])}: {error}") from error
    check_siblings("ExternalDocs", node)


def check_server(node: Document | None) -> None:
    """Check a server and its variables."""
    if node is None:
        raise Panic
    url, variables = node.get("url") or "", node.get("variables") or {}
    if not url:
        raise Invalid("value of url must be a non-empty string")
    if url.count("{") != url.count("}"):
        raise Invalid("server URL has mismatched { and }")
    if url.count("{") != len(variables) or any("{" + name + "}" not in url for name in variables):
        raise Invalid("server has undeclared variables")
    for name in sorted(variables):
        variable = variables[name]
        if variable is None:
            raise Panic
        if not variable.get("default"):
            shown = {member: variable[member] for member in sorted(variable) if variable[member]}
            raise Invalid(f"field default is required in {json_writer.write(shown)}")
        check_siblings("ServerVariable", variable)
    check_siblings("Server", node)


def check_scheme(node: Document) -> None:
    """Check a security scheme (openapi3/security_scheme.go)."""
    kind, scheme = node.get("type") or "", node.get("scheme") or ""
    has_flows = node.get("flows") is not None
    shown = f"security scheme of type {quoted(kind)}"
    if kind == "http" and scheme not in ("bearer", "basic", "negotiate", "digest"):
        raise Invalid(f"security scheme of type 'http' has invalid 'scheme' value {quoted(scheme)}")
    if kind == "openIdConnect" and not node.get("openIdConnectUrl"):
        raise Invalid(f"no OIDC URL found for openIdConnect security scheme {quoted(node.get('name') or '')}")
    if kind not in ("apiKey", "http", "oauth2", "openIdConnect"):
        raise Invalid(f"security scheme 'type' can't be {quoted(kind)}")
    _check_place(node, shown)
    if node.get("bearerFormat") and (kind, scheme) != ("http", "bearer"):
        raise Invalid(f"{shown} can't have 'bearerFormat'")
    if has_flows != (kind == "oauth2"):
        verb = "can't" if has_flows else "should"
        raise Invalid(f"{shown} {verb} have 'flows'")
    if has_flows:
        with within("security scheme 'flow' is invalid: "):
            _check_flows(node["flows"])
    check_siblings("SecurityScheme", node)


def _check_place(node: Document, shown: str) -> None:
    kind, place, name = node["type"], node.get("in") or "", node.get("name") or ""
    if kind == "apiKey":
        if place not in ("query", "header", "cookie"):
            text = "It can be 'query', 'header' or 'cookie', not"
            raise Invalid(f"security scheme of type 'apiKey' should have 'in'. {text} {quoted(place)}")
        if not name:
            raise Invalid("security scheme of type 'apiKey' should have 'name'")
    elif place or name:
        raise Invalid(f"{shown} can't have '{'in' if place else 'name'}'")


def _check_flows(node: Document) -> None:
    for name in _FLOWS:
        if node.get(name) is not None:
            with within(f"the OAuth flow '{name}' is invalid: "):
                _check_flow(node[name], name)
    check_siblings("OAuthFlows", node)


def _check_flow(node: Document, name: str) -> None:
    for member, is_needed in zip(("authorizationUrl", "tokenUrl"), _FLOWS[name], strict=True):
        if bool(node.get(member)) != is_needed:
            raise Invalid(f"field '{member}' {'is empty or missing' if is_needed else 'should not be set'}")
        _check_url(node, member)
    _check_url(node, "refreshUrl")
    if "scopes" not in node:
        raise Invalid("field 'scopes' is missing")
    check_siblings("OAuthFlow", node)


def _check_url(node: Document, member: str) -> None:
    try:
        absolute_urls.parse(node.get(member) or "")
    except absolute_urls.BadUrl as error:
        raise Invalid(f"field '{member}' is invalid: parse {quoted(node[member])}: {error}") from error
