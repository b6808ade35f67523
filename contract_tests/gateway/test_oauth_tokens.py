"""/tyk/oauth: lists of the tokens of clients, and revocation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from contract_tests.engine.checks import TWICE, Mismatch, expect_json, first_difference, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import needs_plain_keys, write_api, write_policy
from contract_tests.gateway.builders.clients import (
    SECRET,
    get_token,
    loaded_clients,
    send_form,
    write_client,
    write_oauth_api,
)
from contract_tests.gateway.checks import expect_error, expect_ok, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import CLIENTS, KEYS

REVOKE, REVOKE_ALL = "/tyk/oauth/revoke", "/tyk/oauth/revoke_all"
REVOKED, ALL_REVOKED = "token revoked successfully", "tokens revoked successfully"
NO_CLIENT = "oauth client doesn't exist"


@behaviour("another-policy-revokes-tokens")
def test_another_policy_revokes_the_tokens_of_a_client(gateway: Gateway) -> Steps:
    """A client whose policy changes loses its tokens; a client whose policy stays keeps them."""
    api = write_oauth_api(gateway)
    gold, silver = write_policy(gateway, api), write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    client = write_client(gateway, api, gold)
    path = f"{CLIENTS}/{api.id}/{client['client_id']}"
    token = get_token(gateway, api, client["client_id"])
    expect_json(
        gateway.send("PUT", path, {**client, "client_id": gateway.new_id(), "description": "d"}),
        200,
        {**client, "description": "d"},
    )
    _expect_tokens(gateway, f"{path}/tokens", [token])
    expect_json(
        gateway.send("PUT", path, {**client, "policy_id": silver}), 200, {**client, "policy_id": silver}
    )
    _expect_tokens(gateway, f"{path}/tokens", [])


@behaviour("refresh-tokens-are-forgotten")
def test_a_refresh_token_is_forgotten(gateway: Gateway) -> Steps:
    """A refresh token is revoked, known or unknown, if its API is named, loaded and an OAuth API."""
    api, key_api, name = write_oauth_api(gateway), write_api(gateway), gateway.new_id()
    yield RELOAD

    path = f"/tyk/oauth/refresh/{name}"
    for _ in TWICE:
        expect_written(gateway.send("DELETE", f"{path}?api_id={api.id}"), name, "deleted")
        for query, status, expected in (
            ("", 400, "Missing parameter api_id"),
            ("?api_id=", 400, "Missing parameter api_id"),
            (f"?api_id={key_api.id}", 400, "OAuth is not enabled on this API"),
            (f"?api_id={name}", 404, "API for this refresh token not found"),
        ):
            expect_error(gateway.send("DELETE", path + query), status, expected)


@behaviour("purging-tokens-needs-a-scope")
def test_a_purge_needs_a_scope(gateway: Gateway) -> None:
    """A purge of tokens without a scope, or with an unknown one, is refused."""
    for _ in TWICE:
        expect_error(gateway.send("DELETE", "/tyk/oauth/tokens"), 422, "scope parameter is required")
        for query in ("scope", "scope=all", "scope=all&scope=any"):
            expect_error(gateway.send("DELETE", f"/tyk/oauth/tokens?{query}"), 400, "unknown scope")


@behaviour("oauth-tokens-are-listed")
def test_tokens_are_listed(gateway: Gateway) -> Steps:
    """The tokens of a client are listed, in full or by page, until one or all are revoked."""
    api = write_oauth_api(gateway)
    _, (name, other) = yield from loaded_clients(gateway, api, 2)
    get_token(gateway, api, other)
    path = f"{CLIENTS}/{api.id}/{name}/tokens"
    for _ in TWICE:  # a revocation removes all tokens of the list that expire in the same second
        _expect_tokens(gateway, path, [])
        token = get_token(gateway, api, name)
        _expect_tokens(gateway, path, [token])
        form = f"token={token}&client_id={name}"
        expect_ok(send_form(gateway, REVOKE, form), REVOKED)
    _expect_tokens(gateway, path, [])
    tokens = [get_token(gateway, api, name) for _ in range(3)]
    for secret, remaining in (("wrong", tokens), (SECRET, [])):
        form = f"client_id={name}&client_secret={secret}"
        expect_ok(send_form(gateway, REVOKE_ALL, form), ALL_REVOKED)
        _expect_tokens(gateway, path, remaining)


@behaviour("revocation-keeps-to-an-organisation")
def test_revocation_keeps_to_an_organisation(gateway: Gateway) -> Steps:
    """A revocation with org_id applies to that organisation's APIs; the first of repeated fields counts."""
    api = write_oauth_api(gateway)
    _, (name,) = yield from loaded_clients(gateway, api)
    organisation = gateway.new_id()
    path = f"{CLIENTS}/{api.id}/{name}/tokens"
    for _ in TWICE:
        token = get_token(gateway, api, name)
        token_form, client_form = (
            f"client_id={name}&token={token}",
            f"client_id={name}&client_secret={SECRET}",
        )
        for target, form, status, expected in (
            (REVOKE, f"{token_form}&org_id={organisation}", 400, NO_CLIENT),
            (REVOKE, f"{token_form}&org_id={organisation}&org_id=", 400, NO_CLIENT),
            (REVOKE, f"token=&{token_form}", 400, "token is required"),
            (REVOKE, f"client_id=&{token_form}", 400, "client_id is required"),
            (REVOKE_ALL, f"{client_form}&org_id={organisation}", 404, NO_CLIENT),
            (REVOKE_ALL, f"client_secret=&{client_form}", 401, "client_secret is required"),
        ):
            expect_error(send_form(gateway, target, form), status, expected)
        _expect_tokens(gateway, path, [token])
        expect_ok(
            send_form(gateway, REVOKE, f"{token_form}&org_id={api.org_id}&org_id={organisation}"), REVOKED
        )
        _expect_tokens(gateway, path, [])


@behaviour("malformed-forms-are-400")
def test_a_malformed_form_is_refused(gateway: Gateway) -> Steps:
    """A form with a broken escape or a semicolon, in its body or its query, revokes nothing."""
    api = write_oauth_api(gateway)
    _, (name,) = yield from loaded_clients(gateway, api)
    token = get_token(gateway, api, name)
    form = f"token={token}&client_id={name}&client_secret={SECRET}"
    for path, message in (
        (REVOKE, "cannot parse form. Form malformed"),
        (REVOKE_ALL, "cannot parse form. Form malformed"),
        (f"/{api.id}/oauth/revoke", "error parsing form. Form malformed"),
        (f"/{api.id}/oauth/revoke_all", "error parsing form. Form malformed"),
    ):
        for query, body in (("", f"{form}&x=%zz"), ("", f"{form}&x=1;y"), ("?x=%zz", form)):
            expect_error(send_form(gateway, path + query, body), 400, message)
    _expect_tokens(gateway, f"{CLIENTS}/{api.id}/{name}/tokens", [token])


@behaviour("oauth-tokens-come-in-pages")
def test_tokens_come_in_pages(gateway: Gateway) -> Steps:
    """A page of tokens has the requested number; a number that is not positive means the first page."""
    api = write_oauth_api(gateway)
    _, (name,) = yield from loaded_clients(gateway, api)
    token = get_token(gateway, api, name)
    path = f"{CLIENTS}/{api.id}/{name}/tokens"
    listed = gateway.send("GET", path).json
    for page, number in (("0", 1), ("-1", 1), ("x", 1), ("2x", 1), ("2", 2), ("1", 1)):
        exchange = gateway.send("GET", f"{path}?page={page}")
        pagination = {"page_num": number, "page_total": 1, "page_size": 100}
        expect_json(exchange, 200, {"Pagination": pagination, "Tokens": listed if number == 1 else []})
    _expect_tokens(gateway, path, [token])


def _expect_tokens(gateway: Gateway, path: str, tokens: Sequence[str]) -> None:
    """Expect a list and a page with these tokens, in any order, with expiries in the future."""
    exchange = gateway.send("GET", path)
    expiries = _expiries(exchange.json)
    if sorted(expiries) != sorted(tokens) or any(expiry < time.time() for expiry in expiries.values()):
        raise Mismatch(f"{len(tokens)} tokens: {', '.join(tokens)}", shorten(exchange.text), exchange)
    expect_json(exchange, 200, [{"code": code, "expires": expiry} for code, expiry in expiries.items()])

    page = gateway.send("GET", f"{path}?page=1")
    page_expiries = _expiries(page.document.get("Tokens"))
    if sorted(page_expiries) != sorted(tokens) or not set(page_expiries.values()) <= set(expiries.values()):
        raise Mismatch(f"a page with {', '.join(tokens) or 'no token'}", shorten(page.text), page)
    pagination = {"page_num": 1, "page_total": bool(tokens) + 0, "page_size": 100}
    items = [{"code": code, "expires": expiry} for code, expiry in page_expiries.items()]
    expect_json(page, 200, {"Pagination": pagination, "Tokens": items})


def _expiries(listed: Any) -> dict[str, int]:
    """The expiry of each token in a list, by the token."""
    tokens = [token for token in listed if isinstance(token, dict)] if isinstance(listed, list) else []
    expiries = ((str(token.get("code")), token.get("expires")) for token in tokens)
    return {code: expiry if isinstance(expiry, int) else 0 for code, expiry in expiries}


@behaviour("tokens-have-what-their-client-has")
def test_a_token_has_what_its_client_has(gateway: Gateway) -> Steps:
    """A token's session has its client, its policy, and both their metadata; the policy's comes first."""
    api = write_oauth_api(gateway)
    # a version may lack these members
    post_expiry = {"post_expiry_action": "delete", "post_expiry_grace_period": 60}
    gold = write_policy(gateway, api, meta_data={"tier": "gold", "of": "policy"}, **post_expiry)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    policy = gateway.get(gold).document
    for meta_data in (None, {"more": ["x", 1], "tier": "client"}):
        name = write_client(gateway, api, gold, meta_data=meta_data)["client_id"]
        token = get_token(gateway, api, name)
        exchange = gateway.send("GET", f"{KEYS}/{token}?org_id={api.org_id}")
        expected = {
            "oauth_client_id": name,
            "apply_policies": [gold],
            "meta_data": {**(meta_data or {}), "tier": "gold", "of": "policy"},
            **{name: value for name, value in post_expiry.items() if name in policy},
        }
        if difference := first_difference(expected, exchange.document):
            raise Mismatch(f"a session with {expected}", difference, exchange)
