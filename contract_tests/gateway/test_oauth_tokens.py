"""/tyk/oauth: the tokens of clients, listed, revoked, forgotten."""

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
    """A client whose policy changes loses its tokens, one whose policy stays keeps them."""
    api = write_oauth_api(gateway)
    gold, silver = write_policy(gateway, api), write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    whole = write_client(gateway, api, gold)
    path = f"{CLIENTS}/{api.id}/{whole['client_id']}"
    token = get_token(gateway, api, whole["client_id"])
    expect_json(
        gateway.send("PUT", path, {**whole, "client_id": "x", "description": "d"}),
        200,
        {**whole, "description": "d"},
    )
    _expect_tokens(gateway, f"{path}/tokens", [token])
    expect_json(
        gateway.send("PUT", path, {**whole, "policy_id": silver}), 200, {**whole, "policy_id": silver}
    )
    _expect_tokens(gateway, f"{path}/tokens", [])


@behaviour("refresh-tokens-are-forgotten")
def test_a_refresh_token_is_forgotten(gateway: Gateway) -> Steps:
    """A refresh token is forgotten, known or not; its API must be named, loaded, and one of OAuth."""
    api, plain, name = write_oauth_api(gateway), write_api(gateway), gateway.new_id()
    yield RELOAD

    path = f"/tyk/oauth/refresh/{name}"
    for _ in TWICE:
        expect_written(gateway.send("DELETE", f"{path}?api_id={api.id}"), name, "deleted")
        for query, status, expected in (
            ("", 400, "Missing parameter api_id"),
            ("?api_id=", 400, "Missing parameter api_id"),
            (f"?api_id={plain.id}", 400, "OAuth is not enabled on this API"),
            (f"?api_id={name}", 404, "API for this refresh token not found"),
        ):
            expect_error(gateway.send("DELETE", path + query), status, expected)


@behaviour("purging-tokens-needs-a-scope")
def test_a_purge_needs_a_scope(gateway: Gateway) -> None:
    """Tokens are purged by scope alone; a purge itself is not tried, for it is of the tokens of all."""
    for _ in TWICE:
        expect_error(gateway.send("DELETE", "/tyk/oauth/tokens"), 422, "scope parameter is required")
        for query in ("scope", "scope=all", "scope=all&scope=lapsed"):
            expect_error(gateway.send("DELETE", f"/tyk/oauth/tokens?{query}"), 400, "unknown scope")


@behaviour("oauth-tokens-are-listed")
def test_tokens_are_listed(gateway: Gateway) -> Steps:
    """The tokens of a client are listed, whole or by pages, until they are revoked, one or all."""
    api = write_oauth_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    name, other = (write_client(gateway, api, gold)["client_id"] for _ in range(2))
    get_token(gateway, api, other)
    path = f"{CLIENTS}/{api.id}/{name}/tokens"
    for _ in TWICE:  # with a token those are gone from the list that end in the same second
        _expect_tokens(gateway, path, [])
        token = get_token(gateway, api, name)
        _expect_tokens(gateway, path, [token])
        form = f"token={token}&client_id={name}"
        expect_ok(send_form(gateway, REVOKE, form), REVOKED)
    _expect_tokens(gateway, path, [])
    tokens = [get_token(gateway, api, name) for _ in range(3)]
    for secret, left in (("wrong", tokens), (SECRET, [])):
        form = f"client_id={name}&client_secret={secret}"
        expect_ok(send_form(gateway, REVOKE_ALL, form), ALL_REVOKED)
        _expect_tokens(gateway, path, left)


@behaviour("revocation-keeps-to-an-organisation")
def test_revocation_keeps_to_an_organisation(gateway: Gateway) -> Steps:
    """A revocation with org_id reaches the APIs of that organisation alone; the first of each field counts."""
    api = write_oauth_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    name, other = write_client(gateway, api, gold)["client_id"], gateway.new_id()
    path = f"{CLIENTS}/{api.id}/{name}/tokens"
    for _ in TWICE:
        token = get_token(gateway, api, name)
        one, all_ = f"client_id={name}&token={token}", f"client_id={name}&client_secret={SECRET}"
        for target, form, status, expected in (
            (REVOKE, f"{one}&org_id={other}", 400, NO_CLIENT),
            (REVOKE, f"{one}&org_id={other}&org_id=", 400, NO_CLIENT),
            (REVOKE, f"token=&{one}", 400, "token is required"),
            (REVOKE, f"client_id=&{one}", 400, "client_id is required"),
            (REVOKE_ALL, f"{all_}&org_id={other}", 404, NO_CLIENT),
            (REVOKE_ALL, f"client_secret=&{all_}", 401, "client_secret is required"),
        ):
            expect_error(send_form(gateway, target, form), status, expected)
        _expect_tokens(gateway, path, [token])
        expect_ok(send_form(gateway, REVOKE, f"{one}&org_id={api.org_id}&org_id={other}"), REVOKED)
        _expect_tokens(gateway, path, [])


@behaviour("oauth-tokens-come-in-pages")
def test_tokens_come_in_pages(gateway: Gateway) -> Steps:
    """A page is asked for by its number; any but a positive number means the first."""
    api = write_oauth_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    name = write_client(gateway, api, gold)["client_id"]
    token = get_token(gateway, api, name)
    path = f"{CLIENTS}/{api.id}/{name}/tokens"
    listed = gateway.send("GET", path).json
    for page, number in (("0", 1), ("-1", 1), ("x", 1), ("2x", 1), ("2", 2), ("1", 1)):
        exchange = gateway.send("GET", f"{path}?page={page}")
        pagination = {"page_num": number, "page_total": 1, "page_size": 100}
        expect_json(exchange, 200, {"Pagination": pagination, "Tokens": listed if number == 1 else []})
    _expect_tokens(gateway, path, [token])


def _expect_tokens(gateway: Gateway, path: str, tokens: Sequence[str]) -> None:
    """These are listed, in any order, with an end that is to come; and on a page."""
    exchange = gateway.send("GET", path)
    listed = _ends(exchange.json)
    if sorted(listed) != sorted(tokens) or any(end < time.time() for end in listed.values()):
        raise Mismatch(f"{len(tokens)} tokens: {', '.join(tokens)}", shorten(exchange.text), exchange)
    expect_json(exchange, 200, [{"code": code, "expires": end} for code, end in listed.items()])

    page = gateway.send("GET", f"{path}?page=1")
    on_it = _ends(page.document.get("Tokens"))
    if sorted(on_it) != sorted(tokens) or not set(on_it.values()) <= set(listed.values()):
        raise Mismatch(f"a page with {', '.join(tokens) or 'no token'}", shorten(page.text), page)
    pagination = {"page_num": 1, "page_total": bool(tokens) + 0, "page_size": 100}
    shown = [{"code": code, "expires": end} for code, end in on_it.items()]
    expect_json(page, 200, {"Pagination": pagination, "Tokens": shown})


def _ends(listed: Any) -> dict[str, int]:
    """The end of each token in a list, by its text."""
    tokens = [token for token in listed if isinstance(token, dict)] if isinstance(listed, list) else []
    ends = ((str(token.get("code")), token.get("expires")) for token in tokens)
    return {code: end if isinstance(end, int) else 0 for code, end in ends}


@behaviour("tokens-have-what-their-client-has")
def test_a_token_has_what_its_client_has(gateway: Gateway) -> Steps:
    """The session of a token names its client, and has its policy and its metadata; the metadata of the policy goes first."""
    api = write_oauth_api(gateway)
    after = {"post_expiry_action": "delete", "post_expiry_grace_period": 60}  # where the version has them
    gold = write_policy(gateway, api, meta_data={"tier": "gold", "of": "policy"}, **after)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    granting = gateway.get(gold).document
    for meta_data in (None, {"more": ["x", 1], "tier": "client"}):
        name = write_client(gateway, api, gold, meta_data=meta_data)["client_id"]
        token = get_token(gateway, api, name)
        exchange = gateway.send("GET", f"{KEYS}/{token}?org_id={api.org_id}")
        wanted = {
            "oauth_client_id": name,
            "apply_policies": [gold],
            "meta_data": {**(meta_data or {}), "tier": "gold", "of": "policy"},
            **{name: value for name, value in after.items() if name in granting},
        }
        if differs := first_difference(wanted, exchange.document):
            raise Mismatch(f"a session with {wanted}", differs, exchange)
