"""JSON Web Tokens that name an OAuth client, whose metadata their users get."""

from __future__ import annotations

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import call, expect_passed, needs_plain_keys, write_policy
from contract_tests.gateway.builders.clients import SECRET
from contract_tests.gateway.builders.jwts import new_user, session_of, token, write_jwt_api
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import CLIENTS


@behaviour("jwts-have-what-their-client-has")
def test_a_token_has_what_its_client_has(gateway: Gateway) -> Steps:
    """A token's user gets the developer, the pattern for rates, the tags and the policies in the client's metadata."""
    api = write_jwt_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    limits = {"rate": 1000, "per": 60, "quota_max": 5, "quota_renewal_rate": 3600}
    meta_data = {
        "other": "x", "policies": [{"access_rights": api.rights, "org_id": api.org_id, **limits}], "rate_limit_pattern": gateway.new_id(),
        "tags": ["red", 1, "blue"], "tyk_developer_id": "d1",
    }  # fmt: skip
    client = {
        "client_id": gateway.new_id(), "redirect_uri": "http://client.test/", "policy_id": gold,
        "secret": SECRET, "meta_data": meta_data, "description": "",
    }  # fmt: skip
    gateway.ownership.note([f"{CLIENTS}/{api.id}/{client['client_id']}"])
    exchange = gateway.send("POST", f"{CLIENTS}/create", client)
    if exchange.status != 200:
        raise Mismatch("200, the client is created", f"{exchange.status} {exchange.text}", exchange)
    user = new_user(gateway)
    for remaining in (4, 3):
        exchange = call(gateway, api, token({"sub": user, "pol": gold, "client_id": client["client_id"]}))
        expect_passed(exchange, 5, remaining)
    exchange = session_of(gateway, api, user)
    tags = exchange.document.get("tags") or []
    if sorted(tags) != ["blue", "red"]:
        raise Mismatch("the tags red and blue, in any order", repr(tags), exchange)
    actual = dict(exchange.document.get("meta_data") or {})
    actual.pop("TykJWTSessionID", None)
    expected = {name: meta_data[name] for name in ("tyk_developer_id", "rate_limit_pattern", "policies")}
    if actual != expected:
        raise Mismatch(f"meta_data {expected}", repr(actual), exchange)
