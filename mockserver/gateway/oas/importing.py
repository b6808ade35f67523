"""The gateway's part that is made for an OpenAPI document, by the parameters of a request.

Source: apidef/oas/default.go:62 @v5.12.0.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mockserver.gateway.oas.definition import METHODS, OpenApi, OpenApiCodec, is_zero
from mockserver.gateway.oas.loading import Refused
from mockserver.gateway.policy_merging import Document
from mockserver.golang import absolute_urls
from mockserver.golang.absolute_urls import BadUrl

_SERVERS, _SECURITY = "\u2018servers\u2019", "\u2018security\u2019"  # in the gateway's quotation marks
NO_SERVERS = (
    f"The {_SERVERS} object is empty in your OAS. You can either add a {_SERVERS} section to your OpenAPI "
    "description or provide a Custom Upstream URL in the manual configuration options below."
)
NO_SECURITY = (
    f"The {_SECURITY} object is empty in your OAS. When enabling authentication, your OpenAPI description "
    f"must include a {_SECURITY} object that defines the authentication schemes. You can either add a "
    f"{_SECURITY} object or disable authentication in the API settings."
)
_FORM = "The URL must be absolute and properly formatted (e.g. https://example.com)."
BAD_UPSTREAM = (
    f"The manually configured upstream URL is not valid. {_FORM} Please check the URL format and try again."
)
BAD_SERVER = f"The first entry in the {_SERVERS} object of your OAS is not valid. {_FORM}"
_TEXTS = ("upstreamURL", "listenPath", "customDomain", "apiID", "securityProcessingMode")
_SWITCHES = ("authentication", "allowList", "validateRequest", "mockResponse")
_TRUE, _FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")
_VARIABLE = re.compile(r"\{([^{}/]+)\}")


def parameters(parameter: Callable[[str], str]) -> Document:
    """The parameters of a request that change the gateway's part; empty if there are none."""
    texts = {name: parameter(name).strip() for name in _TEXTS}
    switches = {name: parameter(name).strip() for name in _SWITCHES}
    given: Document = {name: text for name, text in texts.items() if text}
    return given | {name: text in _TRUE for name, text in switches.items() if text in _TRUE or text in _FALSE}


def complete(definition: OpenApi, given: Document, codec: OpenApiCodec, *, is_import: bool) -> OpenApi:
    """The definition with the gateway's part that the parameters ask for.

    Raises:
        Refused: the document has not what is needed.
    """
    definition = OpenApi(definition.document, definition.extension or codec.empty_extension()).copy()
    part = definition.extension
    assert part is not None
    info, listen_path = part["info"], part["server"]["listenPath"]
    if is_import:
        info["state"], listen_path["strip"] = {"active": True, "internal": False}, True
        part["middleware"] = codec.full_extension()["middleware"]
        settings = part["middleware"]["global"]
        settings["contextVariables"]["enabled"] = settings["trafficLogs"]["enabled"] = True
    info["name"] = info["name"] or (definition.document.get("info") or {}).get("title", "")
    info["id"] = given.get("apiID") or info["id"]
    listen_path["value"] = given.get("listenPath") or listen_path["value"] or "/"
    if domain := given.get("customDomain"):
        own = part["server"]["customDomain"] or {"enabled": True, "certificates": None}
        part["server"]["customDomain"] = {**own, "name": domain}
    part["upstream"]["url"] = _upstream(definition, given) or part["upstream"]["url"]
    if "authentication" in given:
        _import_authentication(definition, codec, is_enabled=given["authentication"])
    if mode := given.get("securityProcessingMode"):
        part["server"]["authentication"] = part["server"]["authentication"] or _no_authentication(codec)
        if "securityProcessingMode" in part["server"]["authentication"]:
            part["server"]["authentication"]["securityProcessingMode"] = mode
    return with_operations(definition, given, codec)


def with_operations(definition: OpenApi, given: Document, codec: OpenApiCodec) -> OpenApi:
    """The definition with an id for each operation, and with settings for no others."""
    part = definition.extension
    assert part is not None
    own = (part["middleware"] or {}).get("operations") or {}
    kept: Document = {}
    for path, item in (definition.document.get("paths") or {}).items():
        if item is None:
            continue
        _add_parameters(path, item)
        for method in METHODS:
            if isinstance(operation := item.get(method), dict):
                name = operation.setdefault("operationId", path.removeprefix("/") + method.upper())
                settings = codec.empty_operation() | (own.get(name) or {})
                _import_settings(settings, operation, item, given)
                if any(part is not None for part in settings.values()):
                    kept[name] = settings
    if kept or part["middleware"]:
        empty = {**codec.full_extension()["middleware"], "global": None}
        middleware = {**empty, **(part["middleware"] or {}), "operations": kept}
        part["middleware"] = None if is_zero(middleware) else middleware
    return replace(definition, extension=codec.completed(part))


def _add_parameters(path: str, item: Document) -> None:
    """Declare the variables of a path, as a gateway does (apidef/oas/operation.go:705 @v5.12.0)."""
    names = _VARIABLE.findall(path)
    declared = {parameter.get("name") for parameter in item.get("parameters") or ()}
    added = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
        if name not in declared
    ]
    if added and any(method in item for method in METHODS):
        item["parameters"] = [*(item.get("parameters") or ()), *added]


def _no_authentication(codec: OpenApiCodec) -> Document:
    return {**codec.full_extension()["server"]["authentication"], "customKeyLifetime": None}


def _import_settings(settings: Document, operation: Document, item: Document, given: Document) -> None:
    """Set what the parameters ask for in the settings of an operation (apidef/oas/operation.go:137)."""
    if "allowList" in given:
        settings["allow"] = {"ignoreCase": False, **(settings["allow"] or {}), "enabled": given["allowList"]}
        if given["allowList"] and settings["block"]:
            settings["block"] = {**settings["block"], "enabled": False}
    if "validateRequest" in given and (
        item.get("parameters") or operation.get("parameters") or operation.get("requestBody")
    ):
        settings["validateRequest"] = {"enabled": given["validateRequest"], "errorResponseCode": 422}
    if "mockResponse" in given and _has_example(operation):
        own = settings["mockResponse"] or {"code": 0, "body": "", "headers": None}
        examples = {"enabled": given["mockResponse"], "code": 0, "contentType": "", "exampleName": ""}
        settings["mockResponse"] = {**own, "enabled": given["mockResponse"], "fromOASExamples": examples}


def _has_example(operation: Document) -> bool:
    """True if a response of an operation has a schema or an example."""
    contents = (
        (response or {}).get("content") or {} for response in (operation.get("responses") or {}).values()
    )
    kinds = [kind or {} for content in contents for kind in content.values()]
    return any(kind.get(member) for kind in kinds for member in ("example", "schema", "examples"))


def _upstream(definition: OpenApi, given: Document) -> str:
    """The URL of the upstream that the parameters or the servers name; "" if the definition has one."""
    assert definition.extension is not None
    if url := given.get("upstreamURL"):
        if not _is_absolute(url):
            raise Refused(BAD_UPSTREAM)
        return str(url)
    if definition.extension["upstream"]["url"]:
        return ""
    if not definition.servers:
        raise Refused(NO_SERVERS)
    server = definition.servers[0]
    url = str(server.get("url", ""))
    if "{" in url and "}" in url:
        url = _with_defaults(url, server.get("variables") or {})
    if not _is_absolute(url):
        raise Refused(f'{BAD_SERVER} Please update "{url}" to be a valid URL and try again.')
    return url


def _with_defaults(url: str, variables: dict[str, Any]) -> str:
    """The URL of a server with the defaults of its variables."""
    for name, variable in variables.items():
        if f"{{{name}}}" in url:
            if not isinstance((variable or {}).get("default"), str) or not variable["default"]:
                raise Refused(f"server variable {name} does not have a default value")
            url = url.replace(f"{{{name}}}", variable["default"])
    if "{" in url and "}" in url:
        raise Refused("server URL contains undefined variables")
    return url


def _is_absolute(url: str) -> bool:
    try:
        return bool(absolute_urls.parse(url).scheme)
    except BadUrl:
        return False


def _import_authentication(definition: OpenApi, codec: OpenApiCodec, *, is_enabled: bool) -> None:
    """Enable or disable the schemes that the document's security names."""
    if not definition.document.get("security"):
        raise Refused(NO_SECURITY)
    assert definition.extension is not None
    server = definition.extension["server"]
    server["authentication"] = own = server["authentication"] or _no_authentication(codec)
    own["enabled"] = is_enabled
    schemes = own["securitySchemes"] = own["securitySchemes"] or {}
    for name in dict.fromkeys(name for names in definition.document["security"] for name in names):
        document = definition.scheme(name)
        struct = codec.scheme(document)
        if struct is None:
            continue
        settings = schemes[name] = schemes.get(name) or struct.fresh()
        settings["enabled"] = is_enabled
        if document.get("type") != "apiKey":
            settings["header"] = {"enabled": True, "name": "Authorization"}
    own["baseIdentityProvider"] = _identity_provider(definition, schemes)


def _identity_provider(definition: OpenApi, schemes: Document) -> str:
    """The kind of credential that gives the identity, if there are several."""
    if len(schemes) < 2:
        return ""
    kinds = [definition.scheme(name) for name in schemes]
    if any(kind.get("type") == "apiKey" for kind in kinds):
        return "auth_token"
    is_jwt = any(kind.get("bearerFormat") == "JWT" for kind in kinds)
    return "jwt_claim" if is_jwt else "oauth_key"
