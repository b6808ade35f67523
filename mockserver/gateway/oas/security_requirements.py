"""The security requirements of an API in OpenAPI form, and their classic lists.

Source: apidef/oas/security.go:1090 and :1250 @v5.14.0.
"""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.gateway.oas.definition import OpenApi
from mockserver.gateway.policy_merging import Document

COMPLIANT = "compliant"
LIST, SCOPES = "security_requirements", "security_requirement_scopes"  # classic members of some versions
_PROPRIETARY = frozenset({"hmac", "custom", "mtls", "coprocess"})  # that OpenAPI does not know
_KINDS = ("apiKey", "http", "oauth2")  # types of schemes for which a gateway has settings
_KINDS_WITH_SCOPES = ("oauth2", "openIdConnect")


def is_compliant(definition: OpenApi) -> bool:
    """True if the API is in the mode in which one of several requirements is enough."""
    return (definition.authentication or {}).get("securityProcessingMode") == COMPLIANT


def requirements(definition: OpenApi) -> list[list[str]]:
    """The names of the schemes of each requirement that counts: the first, or all in the compliant mode."""
    own = definition.authentication
    named = [list(requirement) for requirement in definition.document.get("security") or ()]
    if own and is_compliant(definition):
        return named + vendor_requirements(definition)
    return named[:1] if own and (own["enabled"] or own["securitySchemes"]) else []


def vendor_requirements(definition: OpenApi) -> list[list[str]]:
    """The requirements in the gateway's part."""
    others = (definition.authentication or {}).get("security")
    return [
        [str(name) for name in names]
        for names in (others if isinstance(others, list) else ())
        if isinstance(names, list)
    ]


def own_requirements(definition: OpenApi) -> list[Document]:
    """The requirements of the OpenAPI document that count in the compliant mode.

    One of a single scheme does not if the gateway's part requires it beside a way that OpenAPI does not know.
    """
    named = definition.document.get("security") or []
    rest = vendor_requirements(definition)
    mixed = {name for names in rest if not _PROPRIETARY.isdisjoint(names) for name in names} - _PROPRIETARY
    return [requirement for requirement in named if len(requirement) != 1 or mixed.isdisjoint(requirement)]


def extract(definition: OpenApi, fields: Document) -> None:
    """Set the classic lists of the schemes of each requirement, and of their scopes.

    A single requirement is listed only by gateways that list scopes, and if it has several schemes.
    """
    named, rest = definition.document.get("security") or [], list[list[str]]()
    if is_compliant(definition):
        named, rest = own_requirements(definition), vendor_requirements(definition)
    elif not (definition.document.get("components") or {}).get("securitySchemes"):
        return
    lists_scopes = SCOPES in fields
    several = len(named) > 1 or (lists_scopes and any(len(requirement) > 1 for requirement in named))
    if LIST in fields and (several or is_compliant(definition)):
        fields[LIST] = [sorted(requirement) for requirement in named] + rest
    if lists_scopes:
        fields[SCOPES] = [*named, *({} for _ in rest)]


def fill(definition: OpenApi, fields: Document) -> None:
    """Put the classic lists into the document, and into the gateway's part what OpenAPI does not know."""
    own = definition.authentication
    if LIST not in fields or own is None:
        return
    listed, scopes = fields[LIST] or [], fields.get(SCOPES) or []
    if listed and scopes and len(listed) != len(scopes):
        listed = [sorted(requirement) for requirement in scopes]
    named: list[Document] = []
    vendor: list[list[str]] = []
    for i, names in enumerate(listed):
        others = [name for name in names if _is_proprietary(definition, name)]
        standard = [name for name in names if name not in others]
        if others:
            vendor.append(names if is_compliant(definition) else others)
        if standard and not (others and is_compliant(definition)):
            named.append(_requirement(definition, standard, scopes[i : i + 1]))
    schemes = own["securitySchemes"] or {}
    if not listed and (names := [name for name in schemes if not _is_proprietary(definition, name)]):
        named = [_requirement(definition, names, scopes[:1])]
    elif not listed and not is_compliant(definition):
        return
    document = definition.document
    document["security"] = named
    if not named:
        del document["security"]
    if vendor:
        own["security"] = vendor


def _requirement(definition: OpenApi, names: Iterable[str], scopes: list[Document]) -> Document:
    """A requirement of schemes, of which only some kinds have scopes."""
    own = scopes[0] if scopes else {}
    return {
        name: own.get(name, []) if definition.scheme(name).get("type") in _KINDS_WITH_SCOPES else []
        for name in sorted(names)
    }


def _is_proprietary(definition: OpenApi, name: str) -> bool:
    """True if OpenAPI does not know the scheme, or the gateway has no settings for one of its type."""
    is_vendors = any(name in names for names in vendor_requirements(definition))
    scheme, settings = definition.scheme(name), (definition.authentication or {})["securitySchemes"] or {}
    has_no_settings = name in settings and scheme.get("type") not in _KINDS
    return name in _PROPRIETARY or has_no_settings or (is_vendors and not scheme)
