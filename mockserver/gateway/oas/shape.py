"""The form that a gateway requires of an API definition in OpenAPI form, as far as the mock judges it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Shape:
    """The form of a JSON value.

    Attributes:
        kind: the type in JSON Schema; "" for any.
        pattern: an expression that a text must match; "" for none.
        values: the possible values; empty for any.
        required: the members that an object must have.
        members: the forms of an object's members.
        others: the form of all other members whose names match `others_pattern`; None if that is free.
        least: the least number of members of an object.
        first: the form of the first item of a list; None if that is free.
        is_closed: True if an object may have no other members than these, but those that begin with x-.
        is_choice: True if a missing member is told as a missing choice too.
    """

    kind: str = ""
    pattern: str = ""
    values: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    members: Mapping[str, Shape] = field(default_factory=dict)
    others: Shape | None = None
    others_pattern: str = ""
    least: int = 0
    first: Shape | None = None
    is_closed: bool = False
    is_choice: bool = False


def _object(*required: str, **members: Shape) -> Shape:
    return Shape("object", required=required, members=members)


def _list_of(first: Shape) -> Shape:
    """A list of which a gateway judges the first item alone."""
    return Shape("array", first=first)


_TEXT, _SWITCH = Shape("string"), Shape("boolean")
_NAME = Shape("string", pattern=r"\S+")
_TOGGLE = _object("enabled", enabled=_SWITCH)
_PROVIDERS = (
    "auth_token", "hmac_key", "basic_auth_user", "jwt_claim", "oidc_user", "oauth_key", "custom_auth", "",
)  # fmt: skip
_SCHEME = replace(_object("enabled", enabled=_SWITCH), is_choice=True)
_VERSIONING = _object(
    "location",
    enabled=_SWITCH, name=_NAME, default=_TEXT, location=_NAME, key=_NAME, versions=Shape("array"),
    stripVersioningData=_SWITCH, fallbackToDefault=_SWITCH, urlVersioningPattern=_TEXT,
)  # fmt: skip
_PLACE = _object("enabled", enabled=_SWITCH, name=_TEXT)
_PLACES = {"header": _PLACE, "cookie": _PLACE, "query": _PLACE}
_SCOPES = _object(claimName=_TEXT, scopeToPolicyMapping=_list_of(_object(scope=_TEXT, policyId=_TEXT)))
_HMAC = _object(
    "enabled", enabled=_SWITCH, allowedAlgorithms=_list_of(_TEXT), allowedClockSkew=Shape("number"), **_PLACES
)
_PROVIDER = _object(issuer=_TEXT, clientToPolicyMapping=_list_of(_object(clientId=_TEXT, policyId=_TEXT)))
_OIDC = _object(
    "enabled",
    enabled=_SWITCH, segregateByClientId=_SWITCH, providers=_list_of(_PROVIDER), scopes=_SCOPES, **_PLACES,
)  # fmt: skip
_AUTHENTICATION = _object(
    "enabled",
    enabled=_SWITCH, stripAuthorizationData=_SWITCH,
    baseIdentityProvider=Shape("string", values=_PROVIDERS), hmac=_HMAC, oidc=_OIDC,
    certificateAuth=_object(enabled=_SWITCH),
    securitySchemes=Shape("object", others=_SCHEME),
)  # fmt: skip
_WITHOUT_CERTIFICATES = replace(
    _AUTHENTICATION,
    members={name: form for name, form in _AUTHENTICATION.members.items() if name != "certificateAuth"},
)


_GLOBAL = _object(skipRateLimit=_SWITCH, skipQuota=_SWITCH, skipQuotaReset=_SWITCH, ignoreCase=_TOGGLE)
_ALLOWANCE = _object("enabled", enabled=_SWITCH, ignoreCase=_SWITCH)
_WHOLE = Shape("integer")
_REPLY = _object(
    "enabled",
    enabled=_SWITCH, code=_WHOLE, body=_TEXT,
    headers=_list_of(_object("name", "value", name=_TEXT, value=_TEXT)),
    fromOASExamples=replace(
        _object("enabled", enabled=_SWITCH, code=_WHOLE, contentType=_TEXT, exampleName=_TEXT), kind=""
    ),
)  # fmt: skip
_LIMIT = _object(
    "enabled", "rate", "per",
    enabled=_SWITCH, rate=Shape("number"), per=Shape("string", pattern=r"^(\d+h)?(\d+m)?(\d+s)?$"),
)  # fmt: skip
_OPERATIONS = Shape(
    "object",
    others_pattern=r"\S+",
    others=_object(
        allow=_ALLOWANCE, block=_ALLOWANCE, ignoreAuthentication=_ALLOWANCE, internal=_TOGGLE,
        mockResponse=_REPLY, rateLimit=_LIMIT,
    ),
)  # fmt: skip


def _extension(authentication: Shape) -> Shape:
    """The form of the gateway's part."""
    return _object(
        "info", "server", "upstream",
        info=_object(
            "name", "state",
            id=_TEXT, dbId=_TEXT, orgId=_TEXT, name=_NAME, expiration=_TEXT,
            state=_object("active", active=_SWITCH, internal=_SWITCH),
            versioning=_VERSIONING,
        ),
        upstream=replace(
            _object("url", url=_TEXT, preserveHostHeader=_TOGGLE, preserveTrailingSlash=_TOGGLE),
            is_choice=True,
        ),
        server=_object(
            "listenPath",
            listenPath=_object("value", value=_NAME, strip=_SWITCH), authentication=authentication,
        ),
        middleware=_object(operations=_OPERATIONS, **{"global": _GLOBAL}),
    )  # fmt: skip


_OPERATION = _object("responses", responses=Shape("object", least=1))
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PATH = Shape("object", members=dict.fromkeys(_METHODS, _OPERATION))
_INFO = replace(_object("title", "version", title=_TEXT, version=_TEXT), is_closed=True)
_KNOWN_OF_INFO = ("description", "termsOfService", "contact", "license", "summary")
_DOCUMENT = Shape(
    "object",
    required=("openapi", "info", "paths"),
    members={
        "info": replace(_INFO, members={**_INFO.members, **{name: Shape() for name in _KNOWN_OF_INFO}}),
        "paths": Shape("object", others=_PATH, others_pattern="^/", is_closed=True),
        "x-tyk-api-gateway": _extension(_AUTHENTICATION),
        **{name: Shape() for name in ("externalDocs", "servers", "security", "tags", "components")},
    },
    is_closed=True,
)
_PATTERNS = {"3.0": r"^3\.0\.\d(-.+)?$", "3.1": r"^3\.1\.\d+(-.+)?$"}


def shape_of(line: str, *, has_certificates: bool = True) -> Shape:
    """The form of a document of a release line of OpenAPI, 3.0 or 3.1.

    With `has_certificates` it is that of a gateway which knows the member `certificateAuth`.
    """
    members = {"openapi": Shape("string", pattern=_PATTERNS[line]), **_DOCUMENT.members}
    if not has_certificates:
        members["x-tyk-api-gateway"] = _extension(_WITHOUT_CERTIFICATES)
    return replace(_DOCUMENT, members=members)
