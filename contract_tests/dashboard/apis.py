"""APIs that a test of a Dashboard creates, so that policies can grant them."""

from __future__ import annotations

import re
from typing import Any

from contract_tests.dashboard.client import Dashboard
from contract_tests.dashboard.resources import API, APIS
from contract_tests.engine.checks import shorten
from contract_tests.engine.declaration import NotApplicable
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.names import is_shown
from contract_tests.engine.resources import quoted

_CHOSEN = re.compile("[0-9a-f]{32}")  # another id may be that of an API of others
WAYS: dict[
    str, dict[str, Any]
] = {  # the auth_type of an API, and the members of a classic definition that ask for it
    "authToken": {"use_standard_auth": True},
    "jwt": {"enable_jwt": True, "jwt_signing_method": "hmac", "jwt_source": "c2VjcmV0"},
    "oauth": {
        "use_oauth2": True,
        "oauth_meta": {"allowed_access_types": ["client_credentials"], "allowed_authorize_types": ["token"]},
    },
    "ba": {"use_basic_auth": True},
    "keyless": {"use_keyless": True},
}


def rights_to_new_apis(dashboard: Dashboard, *ways: str) -> dict[str, Any]:
    """The access rights to new APIs, one for each way of authentication, which are names in `WAYS`.

    Raises:
        NotApplicable: the key may create no APIs, or the Dashboard takes none of the suite's.
    """
    ids = [_create(dashboard, WAYS[way]) for way in ways]
    return {name: {"api_id": name, "api_name": name, "versions": ["Default"]} for name in ids}


def _create(dashboard: Dashboard, members: dict[str, Any]) -> str:
    """POST a classic definition of an API that is not active; its api_id, which the Dashboard chooses."""
    name = dashboard.new_id()
    exchange = dashboard.send("POST", APIS, {"api_definition": _definition(name, members)})
    object_id = exchange.document.get("Meta")
    if exchange.status != 200 or not isinstance(object_id, str):
        raise NotApplicable(f"no API can be created here: {_brief(exchange)}")
    definition = API.thing_in(dashboard.send("GET", f"{APIS}/{quoted(object_id)}").document)
    if not is_shown(definition, object_id, name):
        raise NotApplicable("the Dashboard shows no API under the id that it gave it")
    dashboard.ownership.adopt(API, object_id, name)
    api_id = str(definition.get("api_id"))
    if not _CHOSEN.fullmatch(api_id):
        raise NotApplicable(f"the api_id {shorten(repr(api_id))} is not one that a Dashboard chooses")
    return api_id


def _definition(name: str, members: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name, "active": False, "auth": {"auth_header_name": "Authorization"},
        "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
        "proxy": {"listen_path": f"/{name}/", "target_url": "http://127.0.0.1:9", "strip_listen_path": True},
        **members,
    }  # fmt: skip


def _brief(exchange: Exchange) -> str:
    return f"{exchange.status} {exchange.document.get('Message', '')}".strip()
