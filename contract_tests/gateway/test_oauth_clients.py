"""/tyk/oauth: clients, their secrets, and refused requests about them."""

from __future__ import annotations

import base64
import re

from contract_tests.engine.checks import TWICE, Mismatch, expect_json, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import write_api, write_policy
from contract_tests.gateway.builders.clients import (
    SECRET,
    get_token,
    request_token,
    send_form,
    write_client,
    write_oauth_api,
)
from contract_tests.gateway.builders.jwts import write_jwt_api
from contract_tests.gateway.checks import expect_error, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import CLIENTS

NO_OAUTH = "API is not OAuth2"
NO_CLIENT, NO_API, NO_POLICY = "OAuth Client ID not found", "API doesn't exist", "Policy doesn't exist"
UNREADABLE = "Unmarshalling failed"
OTHERS = {"meta_data": None, "description": ""}


@behaviour("oauth-clients-are-kept")
def test_clients_are_kept(gateway: Gateway) -> Steps:
    """A client is created, read, listed, changed except for its secret, and removed."""
    api = write_oauth_api(gateway)
    gold, silver = write_policy(gateway, api), write_policy(gateway, api)
    yield RELOAD

    client = write_client(gateway, api, gold)
    path = f"{CLIENTS}/{api.id}/{client['client_id']}"
    for policy_id, uri in ((silver, "http://new.test/"), (gold, "http://old.test/")):
        expect_json(gateway.send("GET", path), 200, client)
        expect_json(gateway.send("GET", f"{CLIENTS}/{api.id}"), 200, [client])
        client |= {"policy_id": policy_id, "redirect_uri": uri}
        expect_json(
            gateway.send("PUT", path, {**client, "secret": "other", "api_id": gateway.new_id()}), 200, client
        )
    expect_json(gateway.send("GET", path), 200, client)
    for _ in TWICE:
        expect_written(gateway.send("DELETE", path), client["client_id"], "deleted")
        expect_error(gateway.send("GET", path), 404, NO_CLIENT)
    expect_json(gateway.send("GET", f"{CLIENTS}/{api.id}"), 200, [])


@behaviour("oauth-clients-may-be-of-a-policy")
def test_a_client_may_be_made_for_a_policy(gateway: Gateway) -> Steps:
    """A client without an API is created for each OAuth and JWT API of its policy; all must be loaded."""
    api, key_api, unknown = write_oauth_api(gateway), write_api(gateway), gateway.new_id()
    jwt_api = write_jwt_api(gateway)
    both = write_policy(gateway, api, access_rights={**api.rights, **key_api.rights})
    bare, of_tokens = write_policy(gateway, key_api), write_policy(gateway, jwt_api)
    dangling = write_policy(
        gateway, api, access_rights={unknown: {"api_id": unknown, "versions": ["Default"]}}
    )
    yield RELOAD

    name = gateway.new_id()
    request_body = {
        "client_id": name,
        "redirect_uri": "http://client.test/",
        "policy_id": both,
        "secret": SECRET,
    }
    client = {**request_body, **OTHERS}
    gateway.ownership.note([f"{CLIENTS}/{api.id}/{name}"])
    expect_json(gateway.send("POST", f"{CLIENTS}/create", request_body), 200, client)
    expect_json(gateway.send("GET", f"{CLIENTS}/{api.id}/{name}"), 200, client)
    expect_error(gateway.send("GET", f"{CLIENTS}/{key_api.id}/{name}"), 404, NO_CLIENT)
    second = {**request_body, "client_id": gateway.new_id(), "policy_id": of_tokens}
    gateway.ownership.note([f"{CLIENTS}/{jwt_api.id}/{second['client_id']}"])
    expect_json(gateway.send("POST", f"{CLIENTS}/create", second), 200, {**second, **OTHERS})
    for body, expected in (
        ({**request_body, "policy_id": bare}, "API is not OAuth2"),
        ({**request_body, "policy_id": dangling}, NO_API),
        ({**request_body, "api_id": key_api.id}, "API is not OAuth2"),
    ):
        expect_error(gateway.send("POST", f"{CLIENTS}/create", body), 400, expected)


@behaviour("oauth-clients-get-a-name-and-a-secret")
def test_a_client_gets_a_name_and_a_secret(gateway: Gateway) -> Steps:
    """A client without a name and a secret gets a UUID as its name and one in base64 as its secret."""
    api = write_oauth_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    names = []
    for credentials in ({}, {"client_id": "", "secret": ""}):
        members = {"redirect_uri": "http://client.test/", "policy_id": gold}
        exchange = gateway.send("POST", f"{CLIENTS}/create", {"api_id": api.id, **members, **credentials})
        name, secret = (str(exchange.document.get(member)) for member in ("client_id", "secret"))
        if not re.fullmatch("[0-9a-f]{32}", name) or name in names:
            raise Mismatch("a client_id of 32 hex digits, each time another", name, exchange)
        if not _is_secret(secret):
            raise Mismatch("a secret that is a UUID in base 64", secret, exchange)
        client = {"client_id": name, **members, "secret": secret, **OTHERS}
        expect_json(exchange, 200, client)
        expect_json(gateway.send("GET", f"{CLIENTS}/{api.id}/{name}"), 200, client)
        get_token(gateway, api, name, secret)
        names.append(name)


@behaviour("oauth-requests-are-refused")
def test_wrong_requests_are_refused(gateway: Gateway) -> Steps:
    """A wrong request about clients is refused, each time with the same message."""
    api, unknown = write_oauth_api(gateway), gateway.new_id()
    plain = write_api(gateway)
    gold = write_policy(gateway, api)
    elsewhere = write_policy(
        gateway, api, access_rights={"bills": {"api_id": "bills", "versions": ["Default"]}}
    )
    yield RELOAD

    client = write_client(gateway, api, gold)["client_id"]
    create, clients, other = f"{CLIENTS}/create", f"{CLIENTS}/{api.id}", f"{CLIENTS}/{unknown}"
    not_granted = "Policy access rights doesn't contain API this OAuth client belongs to"
    for _ in TWICE:
        expect_error(gateway.send("DELETE", f"{CLIENTS}/{plain.id}/{client}"), 404, NO_CLIENT)
        expect_error(gateway.send("POST", create, {"api_id": plain.id}), 400, NO_OAUTH)
        for method, path, body, status, expected in (
            ("POST", create, "{", 500, UNREADABLE),
            ("POST", create, {"api_id": unknown}, 400, NO_API),
            ("POST", create, {"policy_id": unknown}, 400, NO_POLICY),
            ("GET", f"{other}/{client}", None, 404, NO_CLIENT),
            ("GET", f"{clients}/{unknown}", None, 404, NO_CLIENT),
            ("PUT", f"{clients}/{client}", "{", 500, UNREADABLE),
            ("PUT", f"{clients}/{client}", {"policy_id": unknown}, 404, NO_POLICY),
            ("PUT", f"{clients}/{client}", {"policy_id": elsewhere}, 400, not_granted),
            ("PUT", f"{clients}/{unknown}", {}, 404, NO_CLIENT),
            ("PUT", f"{other}/{client}", {}, 404, NO_API),
            ("PUT", f"{clients}/{unknown}/rotate", None, 404, NO_CLIENT),
            ("PUT", f"{other}/{client}/rotate", None, 404, NO_API),
            ("DELETE", f"{other}/{client}", None, 404, NO_CLIENT),
            ("GET", f"{other}/{client}/tokens", None, 404, NO_CLIENT),
        ):
            expect_error(gateway.send(method, path, body), status, expected)
        expect_json(gateway.send("GET", other), 404, None)
        for path, form, status, expected in (
            ("revoke", "", 400, "token is required"),
            ("revoke", f"token={unknown}", 400, "client_id is required"),
            ("revoke", f"token={unknown}&client_id={unknown}", 400, "oauth client doesn't exist"),
            ("revoke_all", "", 401, "client_id is required"),
            ("revoke_all", f"client_id={unknown}", 401, "client_secret is required"),
            ("revoke_all", f"client_id={unknown}&client_secret=s1", 404, "oauth client doesn't exist"),
            (
                "revoke",
                f"token={unknown}&client_id={unknown}".encode() + b"\xff",
                400,
                "oauth client doesn't exist",
            ),
        ):
            expect_error(send_form(gateway, f"/tyk/oauth/{path}", form), status, expected)


@behaviour("oauth-secrets-are-renewed")
def test_a_secret_is_renewed(gateway: Gateway) -> Steps:
    """A rotation gives a client a new secret, a UUID in base64, and changes no other member."""
    api = write_oauth_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    client = write_client(gateway, api, gold)
    name = client["client_id"]
    for _ in TWICE:
        exchange = gateway.send("PUT", f"{CLIENTS}/{api.id}/{name}/rotate")
        answer = exchange.document
        old_secret, secret = client["secret"], str(answer.get("secret"))
        if secret == old_secret or not _is_secret(secret):
            raise Mismatch("another secret, a UUID in base 64", repr(answer.get("secret")), exchange)
        client["secret"] = secret
        expect_json(exchange, 200, client)
        expect_json(gateway.send("GET", f"{CLIENTS}/{api.id}/{name}"), 200, client)
        exchange = request_token(gateway, api, name, old_secret)
        if exchange.status != 403:
            raise Mismatch("403, the old secret is invalid", shorten(exchange.text, 200), exchange)
        get_token(gateway, api, name, secret)


def _is_secret(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == len("01234567-89ab-cdef-0123-456789abcdef")
    except ValueError:
        return False


@behaviour("oauth-clients-have-apis")
def test_the_apis_of_a_client_are_listed(gateway: Gateway) -> Steps:
    """The OAuth APIs of an organisation that have a client are listed; without one the client is not found."""
    api, other = write_oauth_api(gateway), write_oauth_api(gateway)
    gold = write_policy(gateway, api, access_rights={**api.rights, **other.rights})
    yield RELOAD

    client = write_client(gateway, api, gold)
    path = f"{CLIENTS}/apis/{client['client_id']}"
    for organisation, apis in ((api.org_id, [api.id]), ("", [api.id]), (gateway.new_id(), [])):
        expect_json(gateway.send("GET", f"{path}?orgID={organisation}"), 200, apis)
    expect_json(gateway.send("GET", f"{CLIENTS}/apis/{gateway.new_id()}?orgID={api.org_id}"), 200, [])
    expect_error(gateway.send("GET", path), 404, "OAuth Client ID not found")
