"""The places of a credential in a request, in the OpenAPI form and in the classic one.

Source: AuthSources in apidef/oas/authentication.go:396 @v5.12.0.
"""

from __future__ import annotations

from mockserver.gateway.policy_merging import Document

NOWHERE = {
    "name": "", "disable_header": True, "auth_header_name": "", "use_param": False, "param_name": "",
    "use_cookie": False, "cookie_name": "", "use_certificate": False, "validate_signature": False,
    "signature": {
        "algorithm": "", "header": "", "use_param": False, "param_name": "", "secret": "",
        "allowed_clock_skew": 0, "error_code": 0, "error_message": "",
    },
}  # fmt: skip
PLACES = {  # of the OpenAPI document: the classic members of the name, and of the switch with its value
    "header": ("auth_header_name", "disable_header", False),
    "query": ("param_name", "use_param", True),
    "cookie": ("cookie_name", "use_cookie", True),
}


def places(settings: Document | None, before: Document = NOWHERE) -> Document:
    """The classic places of a credential, by the settings of its scheme; others stay as they were before."""
    classic: Document = dict(before)
    if settings is not None:
        classic["disable_header"] = True
    for place, (member, switch, value) in PLACES.items():
        if own := (settings or {}).get(place):
            classic |= {member: own["name"], switch: value if own["enabled"] else not value}
    return classic


def filled_places(classic: Document) -> Document:
    """The settings of the places that a classic definition has; None for a place that is not used."""
    filled = {
        place: {"enabled": classic[switch] is value, "name": classic[member]}
        for place, (member, switch, value) in PLACES.items()
    }
    return {place: own if any(own.values()) else None for place, own in filled.items()}
