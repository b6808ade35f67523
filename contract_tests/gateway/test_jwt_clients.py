"""JSON Web Tokens that name an OAuth client, whose metadata their users get."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    Api,
    call,
    expect_passed,
    expect_refused,
    needs_plain_keys,
    write_policy,
)
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
    client, user = _write_client(gateway, api, gold, meta_data), new_user(gateway)
    for remaining in (4, 3):
        exchange = call(gateway, api, token({"sub": user, "pol": gold, "client_id": client}))
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


@behaviour("jwts-have-what-their-client-has")
def test_policies_of_a_client_that_cannot_be_applied_are_an_error(gateway: Gateway) -> Steps:
    """A token whose client has a policy of another organisation in its metadata answers 500."""
    api = write_jwt_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    foreign = {"org_id": f"{api.org_id}x", "access_rights": api.rights}
    client = _write_client(gateway, api, gold, {"policies": [foreign]})
    exchange = call(gateway, api, token({"sub": new_user(gateway), "pol": gold, "client_id": client}))
    message = "attempting to apply policy from different organisation to key, skipping"
    expect_refused(exchange, 500, f"failed to apply policies in session metadata: {message}")


def _write_client(gateway: Gateway, api: Api, policy_id: str, meta_data: dict[str, Any]) -> str:
    """Create an OAuth client of an API with JSON Web Tokens; return its id."""
    name = gateway.new_id()
    client = {
        "client_id": name, "redirect_uri": "http://client.test/", "policy_id": policy_id,
        "secret": SECRET, "meta_data": meta_data, "description": "",
    }  # fmt: skip
    gateway.ownership.note([f"{CLIENTS}/{api.id}/{name}"])
    exchange = gateway.send("POST", f"{CLIENTS}/create", client)
    if exchange.status != 200:
        raise Mismatch("200, the client is created", f"{exchange.status} {exchange.text}", exchange)
    return name
