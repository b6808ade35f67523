"""The security requirements of an API in OpenAPI form, which its classic form keeps, and reads show anew.

Source: apidef/oas/security.go:1089 and :1268 @v5.14.0, :1205 @v5.11.1; recording oas/requirements.
"""

from __future__ import annotations

from typing import Any

from mockserver.gateway.oas import authentication
from mockserver.gateway.oas.definition import OpenApi
from mockserver.gateway.policy_merging import Document

_NAMES, _SCOPES = "security_requirements", "security_requirement_scopes"  # classic members
_PROPRIETARY = frozenset({"hmac", "custom", "mtls", "coprocess"})
_KNOWN = ("apiKey", "http", "oauth2")  # types of schemes for which a gateway has settings
_WITH_SCOPES = ("oauth2", "openIdConnect")  # types of schemes


def extract(definition: OpenApi, fields: Document) -> None:
    """Set the classic members with the names and the scopes of requirements, in versions that have them."""
    if _NAMES not in fields:
        return
    named = definition.document.get("security") or []
    requirements: list[Document] = [*named]
    others: list[Any] = []
    if authentication.is_compliant(definition):
        requirements = authentication.own_requirements(definition)
        others = authentication.vendor_requirements(definition)
    names = [sorted(requirement) for requirement in requirements] + others
    is_listed = authentication.is_compliant(definition) or len(named) > 1
    keeps_scopes = _SCOPES in fields
    if is_listed or (keeps_scopes and len(named) == 1 and len(named[0]) > 1):
        fields[_NAMES] = names or None
    if keeps_scopes:
        scopes = [{name: [*values] for name, values in requirement.items()} for requirement in requirements]
        fields[_SCOPES] = scopes + [{} for _ in others] or None


def fill(definition: OpenApi, fields: Document) -> None:
    """Set the requirements of a definition that is read."""
    own = definition.authentication
    if _NAMES not in fields or own is None:
        return
    scopes: list[Document] = fields.get(_SCOPES) or []
    names: list[list[str]] = fields[_NAMES] or []
    if names and scopes and len(names) != len(scopes):
        names = [sorted(requirement) for requirement in scopes]
    is_compliant = authentication.is_compliant(definition)
    listed, others = list[Document](), list[list[str]]()
    for place, requirement in enumerate(names):
        own_names = [name for name in requirement if _is_proprietary(definition, name)]
        plain = [name for name in requirement if name not in own_names]
        if own_names:
            others.append(requirement if plain and is_compliant else own_names)
        if plain and not (own_names and is_compliant):
            listed.append({name: _scopes(definition, scopes, place, name) for name in plain})
    if not names:
        schemes = [name for name in own["securitySchemes"] or {} if not _is_proprietary(definition, name)]
        listed = [{name: _scopes(definition, scopes, 0, name) for name in sorted(schemes)}] if schemes else []
        if not listed and not is_compliant:
            return
    definition.document.pop("security", None)
    if listed:
        definition.document["security"] = listed
    if others:
        own["security"] = others


def _is_proprietary(definition: OpenApi, name: str) -> bool:
    """True if OpenAPI does not know the scheme, or the gateway has no settings for one of its type."""
    is_listed = any(name in requirement for requirement in authentication.vendor_requirements(definition))
    scheme = definition.scheme(name)
    has_settings = name in ((definition.authentication or {})["securitySchemes"] or {})
    is_unknown = has_settings and scheme.get("type") not in _KNOWN
    return name in _PROPRIETARY or is_unknown or (is_listed and not scheme)


def _scopes(definition: OpenApi, scopes: list[Document], place: int, name: str) -> list[str]:
    """The scopes of a scheme in a requirement; none if its type has none."""
    has_any = definition.scheme(name).get("type") in _WITH_SCOPES and place < len(scopes)
    return [*(scopes[place].get(name) or ())] if has_any else []
