"""/tyk/oauth: clients, what is refused of them, their secrets and their tokens."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from typing import Any

from contract_tests.apis import api, needs_plain_keys, policy
from contract_tests.batch import RELOAD, Steps, behaviour
from contract_tests.checks import (
    TWICE,
    Mismatch,
    expect_error,
    expect_json,
    expect_ok,
    expect_written,
    shorten,
)
from contract_tests.clients import SECRET, ask, client, granted, oauth_api, send_form
from contract_tests.gateway import Gateway
from contract_tests.ownership import CLIENTS

NO_CLIENT, NO_API, NO_POLICY = "OAuth Client ID not found", "API doesn't exist", "Policy doesn't exist"
UNREADABLE = "Unmarshalling failed"
TOKENS_REVOKED = "tokens revoked successfully"


@behaviour("oauth-clients-are-kept")
def test_clients_are_kept(gateway: Gateway) -> Steps:
    """A client is made, read, listed, changed but for its secret, and removed."""
    made = oauth_api(gateway)
    gold, silver = policy(gateway, made), policy(gateway, made)
    yield RELOAD

    whole = client(gateway, made, gold)
    path = f"{CLIENTS}/{made.id}/{whole['client_id']}"
    for policy_id, uri in ((silver, "http://new.test/"), (gold, "http://old.test/")):
        expect_json(gateway.send("GET", path), 200, whole)
        expect_json(gateway.send("GET", f"{CLIENTS}/{made.id}"), 200, [whole])
        whole |= {"policy_id": policy_id, "redirect_uri": uri}
        expect_json(gateway.send("PUT", path, {**whole, "secret": "other"}), 200, whole)
    expect_json(gateway.send("GET", path), 200, whole)
    for _ in TWICE:
        expect_written(gateway.send("DELETE", path), whole["client_id"], "deleted")
        expect_error(gateway.send("GET", path), 404, NO_CLIENT)
    expect_json(gateway.send("GET", f"{CLIENTS}/{made.id}"), 200, [])


@behaviour("oauth-clients-may-be-of-a-policy")
def test_a_client_may_be_made_for_a_policy(gateway: Gateway) -> Steps:
    """Without an API a client is made for each OAuth API of its policy; all of its APIs must be loaded, one of OAuth."""
    made, plain, none = oauth_api(gateway), api(gateway), gateway.new_id()
    both = policy(gateway, made, access_rights={**made.rights, **plain.rights})
    bare = policy(gateway, plain)
    odd = policy(gateway, made, access_rights={none: {"api_id": none, "versions": ["Default"]}})
    yield RELOAD

    name = gateway.new_id()
    sent = {"client_id": name, "redirect_uri": "http://client.test/", "policy_id": both, "secret": SECRET}
    whole = {**sent, "meta_data": None, "description": ""}
    gateway.target.own.note([f"{CLIENTS}/{made.id}/{name}"])
    expect_json(gateway.send("POST", f"{CLIENTS}/create", sent), 200, whole)
    expect_json(gateway.send("GET", f"{CLIENTS}/{made.id}/{name}"), 200, whole)
    expect_error(gateway.send("GET", f"{CLIENTS}/{plain.id}/{name}"), 404, NO_CLIENT)
    for body, told in (
        ({**sent, "policy_id": bare}, "API is not OAuth2"),
        ({**sent, "policy_id": odd}, NO_API),
        ({**sent, "api_id": plain.id}, "API is not OAuth2"),
    ):
        expect_error(gateway.send("POST", f"{CLIENTS}/create", body), 400, told)


@behaviour("oauth-requests-are-refused")
def test_wrong_requests_are_refused(gateway: Gateway) -> Steps:
    """What is asked for wrongly of clients is refused, each time with the same words."""
    made, none = oauth_api(gateway), gateway.new_id()
    gold = policy(gateway, made)
    elsewhere = policy(gateway, made, access_rights={"bills": {"api_id": "bills", "versions": ["Default"]}})
    yield RELOAD

    app = client(gateway, made, gold)["client_id"]
    create, own, other = f"{CLIENTS}/create", f"{CLIENTS}/{made.id}", f"{CLIENTS}/{none}"
    not_granted = "Policy access rights doesn't contain API this OAuth client belongs to"
    for _ in TWICE:
        for method, path, body, status, told in (
            ("POST", create, "{", 500, UNREADABLE),
            ("POST", create, {"api_id": none}, 400, NO_API),
            ("POST", create, {"policy_id": none}, 400, NO_POLICY),
            ("GET", f"{other}/{app}", None, 404, NO_CLIENT),
            ("GET", f"{own}/{none}", None, 404, NO_CLIENT),
            ("PUT", f"{own}/{app}", "{", 500, UNREADABLE),
            ("PUT", f"{own}/{app}", {"policy_id": none}, 404, NO_POLICY),
            ("PUT", f"{own}/{app}", {"policy_id": elsewhere}, 400, not_granted),
            ("PUT", f"{own}/{none}", {}, 404, NO_CLIENT),
            ("PUT", f"{other}/{app}", {}, 404, NO_API),
            ("PUT", f"{own}/{none}/rotate", None, 404, NO_CLIENT),
            ("PUT", f"{other}/{app}/rotate", None, 404, NO_API),
            ("DELETE", f"{other}/{app}", None, 404, NO_CLIENT),
            ("GET", f"{other}/{app}/tokens", None, 404, NO_CLIENT),
        ):
            expect_error(gateway.send(method, path, body), status, told)
        expect_json(gateway.send("GET", other), 404, None)
        for path, form, status, told in (
            ("revoke", "", 400, "token is required"),
            ("revoke", "token=x", 400, "client_id is required"),
            ("revoke", f"token=x&client_id={none}", 400, "oauth client doesn't exist"),
            ("revoke_all", "", 401, "client_id is required"),
            ("revoke_all", f"client_id={none}", 401, "client_secret is required"),
            ("revoke_all", f"client_id={none}&client_secret=s1", 404, "oauth client doesn't exist"),
        ):
            expect_error(send_form(gateway, f"/tyk/oauth/{path}", form), status, told)


@behaviour("oauth-secrets-are-renewed")
def test_a_secret_is_renewed(gateway: Gateway) -> Steps:
    """Each time a client gets another secret, a UUID in base 64; all else of it stays."""
    made = oauth_api(gateway)
    gold = policy(gateway, made)
    yield RELOAD

    whole = client(gateway, made, gold)
    name = whole["client_id"]
    for _ in TWICE:
        exchange = gateway.send("PUT", f"{CLIENTS}/{made.id}/{name}/rotate")
        found = exchange.document
        before, secret = whole["secret"], str(found.get("secret"))
        if secret == before or not _is_secret(secret):
            raise Mismatch("another secret, a UUID in base 64", repr(found.get("secret")), exchange)
        whole["secret"] = secret
        expect_json(exchange, 200, whole)
        expect_json(gateway.send("GET", f"{CLIENTS}/{made.id}/{name}"), 200, whole)
        refused = ask(gateway, made, name, before)
        if refused.status != 403:
            raise Mismatch("403, the secret before counts no more", refused.text[:200], refused)
        granted(gateway, made, name, secret)


def _is_secret(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == len("01234567-89ab-cdef-0123-456789abcdef")
    except ValueError:
        return False


@behaviour("another-policy-revokes-tokens")
def test_another_policy_revokes_the_tokens_of_a_client(gateway: Gateway) -> Steps:
    """A client whose policy changes loses its tokens, one whose policy stays keeps them."""
    made = oauth_api(gateway)
    gold, silver = policy(gateway, made), policy(gateway, made)
    yield RELOAD

    needs_plain_keys(gateway, made, gold)
    whole = client(gateway, made, gold)
    path = f"{CLIENTS}/{made.id}/{whole['client_id']}"
    token = granted(gateway, made, whole["client_id"])
    expect_json(
        gateway.send("PUT", path, {**whole, "client_id": "x", "description": "d"}),
        200,
        {**whole, "description": "d"},
    )
    _expect_tokens(gateway, f"{path}/tokens", [token])
    exchange = gateway.send("GET", f"{path}/tokens?page=2")
    expect_json(
        exchange, 200, {"Pagination": {"page_num": 2, "page_total": 1, "page_size": 100}, "Tokens": []}
    )
    expect_json(
        gateway.send("PUT", path, {**whole, "policy_id": silver}), 200, {**whole, "policy_id": silver}
    )
    _expect_tokens(gateway, f"{path}/tokens", [])


@behaviour("refresh-tokens-are-forgotten")
def test_a_refresh_token_is_forgotten(gateway: Gateway) -> Steps:
    """A refresh token is forgotten, known or not; its API must be named, loaded, and one of OAuth."""
    made, plain, name = oauth_api(gateway), api(gateway), gateway.new_id()
    yield RELOAD

    path = f"/tyk/oauth/refresh/{name}"
    for _ in TWICE:
        expect_written(gateway.send("DELETE", f"{path}?api_id={made.id}"), name, "deleted")
        for query, status, told in (
            ("", 400, "Missing parameter api_id"),
            ("?api_id=", 400, "Missing parameter api_id"),
            (f"?api_id={plain.id}", 400, "OAuth is not enabled on this API"),
            (f"?api_id={name}", 404, "API for this refresh token not found"),
        ):
            expect_error(gateway.send("DELETE", path + query), status, told)


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
    made = oauth_api(gateway)
    gold = policy(gateway, made)
    yield RELOAD

    needs_plain_keys(gateway, made, gold)
    name = client(gateway, made, gold)["client_id"]
    path = f"{CLIENTS}/{made.id}/{name}/tokens"
    for _ in TWICE:  # with a token those are gone from the list that end in the same second
        _expect_tokens(gateway, path, [])
        token = granted(gateway, made, name)
        _expect_tokens(gateway, path, [token])
        form = f"token={token}&client_id={name}"
        expect_ok(send_form(gateway, "/tyk/oauth/revoke", form), "token revoked successfully")
    _expect_tokens(gateway, path, [])
    tokens = [granted(gateway, made, name) for _ in range(3)]
    for secret, left in (("wrong", tokens), (SECRET, [])):
        form = f"client_id={name}&client_secret={secret}"
        expect_ok(send_form(gateway, "/tyk/oauth/revoke_all", form), TOKENS_REVOKED)
        _expect_tokens(gateway, path, left)


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
    told = {"page_num": 1, "page_total": bool(tokens) + 0, "page_size": 100}
    shown = [{"code": code, "expires": end} for code, end in on_it.items()]
    expect_json(page, 200, {"Pagination": told, "Tokens": shown})


def _ends(listed: Any) -> dict[str, int]:
    """The end of each token in a list, by its text."""
    tokens = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    ends = ((str(token.get("code")), token.get("expires")) for token in tokens)
    return {code: end if isinstance(end, int) else 0 for code, end in ends}
