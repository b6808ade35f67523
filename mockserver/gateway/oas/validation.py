"""The refusals of API definitions in OpenAPI form, with the texts of the gateway.

A gateway checks the form of the document first, then what a JSON schema cannot say
(gateway/api.go:3146 and apidef/oas/validator.go:104 @v5.12.0).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from mockserver.contract.versions import GatewayVersion
from mockserver.gateway.oas import upstream
from mockserver.gateway.oas.authentication import enabled
from mockserver.gateway.oas.definition import EXTENSION, OpenApi
from mockserver.gateway.oas.document_checks import Checks
from mockserver.gateway.oas.loading import Refused
from mockserver.gateway.oas.normalisation import normalised, without_empty_parts
from mockserver.gateway.oas.object_checks import Invalid
from mockserver.gateway.oas.references import References
from mockserver.gateway.oas.schema import problems
from mockserver.gateway.oas.security_requirements import requirements
from mockserver.gateway.oas.shape import shape_of
from mockserver.gateway.policy_merging import as_node
from mockserver.golang import json_reader
from mockserver.golang.json_reader import Object

MISSING_EXTENSION = "the payload should contain x-tyk-api-gateway"
NEEDLESS_EXTENSION = "the import payload should not contain x-tyk-api-gateway"
NO_SCHEMA, NO_MCP_SCHEMA = "Schema not found for version", "schema not found for version"
HEAVY = (
    f"this mock takes no targets of over {upstream.LONGEST_LIST:,} characters, each as often as its weight"
)
_VERSION = re.compile(r"v?([0-9]+(?:\.[0-9]+)*?)(?:-[0-9A-Za-z\-~.]+)?(?:\+[0-9A-Za-z\-~.]+)?")
_HELP = "For more information please visit https://swagger.io/specification/#security-requirement-object"


def check(
    node: Object,
    references: References,
    definition: OpenApi,
    behaviours: Collection[str],
    version: GatewayVersion,
    *,
    is_mcp: bool = False,
) -> None:
    """Check a document that `read` has read, with its references, and its decoded definition.

    It may be the definition of an MCP proxy.

    Raises:
        Refused: the gateway does not take the document.
    """
    missing = NO_MCP_SCHEMA if is_mcp else NO_SCHEMA
    line = release_line(str(references.document.get("openapi") or ""), behaviours, missing)
    is_normalised = not is_mcp and "open-api-bodies-are-normalised" in behaviours
    if is_normalised:
        part = [(name, value) for name, value in node if name == EXTENSION]
        written = {
            name: value for name, value in normalised(references.document).items() if name != EXTENSION
        }
        node = Object([*as_node(written), *part])
        references = References(without_empty_parts(references.document))
    if found := problems(node, shape_of(line, version, is_mcp=is_mcp)):
        raise Refused("\n".join(found))
    reasons = [*_of_document(references, is_newer=line != "3.0"), *_of_security(definition)]
    if reasons:
        raise Refused("\n".join(reasons))
    own_upstream = (definition.extension or {}).get("upstream")
    if own_upstream and upstream.size_of_list(own_upstream) > upstream.LONGEST_LIST:
        raise Refused(HEAVY)
    if not is_normalised:
        normalised(references.document)  # for what a gateway panics at
    _check_metadata(definition, is_mcp=is_mcp)


def release_line(text: str, behaviours: Collection[str], missing: str = NO_SCHEMA) -> str:
    """The release line of OpenAPI that a document is of: 3.0 or 3.1.

    Raises:
        Refused: the gateway has no schema for it.
    """
    if not text:
        return "3.0"
    match = _VERSION.fullmatch(text)
    if match is None:
        word = "malformed" if "malformed-version-is-lower-case" in behaviours else "Malformed"
        raise Refused(f"{word} version: {text}")
    line = ".".join([*match[1].split("."), "0"][:2])
    if line not in ("3.0", "3.1") or (line == "3.1" and "open-api-3-1-is-taken" not in behaviours):
        raise Refused(f"{missing} {json_reader.quote(text)}")
    return line


def _of_document(references: References, *, is_newer: bool) -> Iterator[str]:
    try:
        Checks(references, is_newer=is_newer).document()
    except Invalid as error:
        yield str(error)


def _of_security(definition: OpenApi) -> Iterator[str]:
    """Why the security of a document is refused: of requirements, and of what has none.

    A gateway checks both (apidef/oas/oas.go:574 @v5.12.0).
    """
    named = definition.document.get("security") or []
    schemes = (definition.document.get("components") or {}).get("securitySchemes") or {}
    if named and not schemes:
        yield "No components or security schemes present in OAS"
    elif unknown := next((name for item in named for name in item if name not in schemes), None):
        yield f"Missing required Security Scheme '{unknown}' in Components.SecuritySchemes. {_HELP}"
    own = definition.authentication
    if own is None or own.get("securityProcessingMode") != "compliant":
        return
    listed = {name for names in requirements(definition) for name in names}
    if wrong := [name for name in enabled(definition) if name not in listed]:
        noun = "auth" if len(wrong) == 1 else "auth methods"
        yield (
            f"invalid multi-auth configuration: {' and '.join(wrong)} {noun} enabled but not configured "
            "in a security requirement"
        )


def _check_metadata(definition: OpenApi, *, is_mcp: bool) -> None:
    """Check the metadata of the resource (apidef/oas/authentication.go:167 @v5.14.0; recording mcp/metadata).

    Raises:
        Refused: an enabled part lacks a member; that of an MCP proxy may lack both.
    """
    own = (definition.authentication or {}).get("protectedResourceMetadata")
    if not isinstance(own, dict) or own.get("enabled") is not True:
        return
    has_resource, has_servers = bool(own.get("resource")), bool(own.get("authorizationServers"))
    if is_mcp and not has_resource and not has_servers:
        return
    if not has_resource:
        raise Refused("protectedResourceMetadata.resource is required when enabled")
    if is_mcp and not has_servers:
        member = "protectedResourceMetadata.authorizationServers"
        raise Refused(f"{member} must have at least one entry for MCP APIs")


def has_extension(node: Object) -> bool:
    """True if a document has a gateway's part."""
    return any(name == EXTENSION and value is not None for name, value in node)
