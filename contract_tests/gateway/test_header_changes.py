"""Headers that a definition adds and removes, and the variables in them."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    call,
    expect_passed,
    expect_upstream_saw,
    needs_own_upstream,
    version_data,
    write_api,
    write_key,
    write_open_api,
    write_policy,
)
from contract_tests.gateway.builders.jwts import new_user, token, write_jwt_api
from contract_tests.gateway.builders.open_apis import EXTENSION, document, write
from contract_tests.gateway.client import Gateway


def _at(path: str, method: str = "GET", **members: Any) -> dict[str, Any]:
    """The entry of a list of paths."""
    return {"path": path, "method": method, **members}


def _expect_headers(exchange: Exchange, **headers: str | None) -> None:
    """Expect an answer of the upstream with these headers, and without those whose value here is None."""
    expect_passed(exchange)
    for name, value in headers.items():
        header = exchange.header(name.replace("_", "-"))
        if header != (value or ""):
            expectation = "no header" if value is None else f"{value!r} as the header"
            raise Mismatch(f"{expectation} {name.replace('_', '-')}", repr(header), exchange)


@behaviour("metadata-reach-the-upstream")
def test_metadata_reach_the_upstream(gateway: Gateway) -> Steps:
    """The metadata of a key, over which those of its policies go, are values of headers for the upstream."""
    members = {"plan": "gold & co", "limit": 2.5, "roles": ["a b", 3, True], "new": True, "other": "own"}
    texts = {f"X-{name}": f"<$tyk_meta.{name}>" for name in (*members, "none", "key")}
    version = version_data(global_headers=texts, global_headers_remove=["x-gone"])
    api, keyless = write_api(gateway, version_data=version), write_open_api(gateway, version_data=version)
    gold = write_policy(gateway, api, meta_data=members)
    yield RELOAD

    key = write_key(gateway, api, gold, meta_data={"plan": "mine", "key": "mine"})
    headers = [("Authorization", key), ("X-Gone", "1"), ("X-Plan", "sent"), ("X-Kept", "1")]
    exchange = gateway.send("GET", f"/{api.id}/a", headers=headers)
    expect_upstream_saw(
        gateway, exchange, x_plan="<gold & co>", x_limit="<2.5>", x_roles="<a+b,3>", x_new="<>",
        x_other="<own>", x_none="<>", x_key="<mine>", x_gone=None, x_kept="1",
    )  # fmt: skip
    expect_upstream_saw(gateway, call(gateway, keyless), x_plan="<>")


@behaviour("request-headers-may-change")
def test_headers_of_requests_change_by_their_path(gateway: Gateway) -> Steps:
    """The first entry for path and method changes headers after those for all paths, which may be off."""
    entries = [
        _at("/off", disabled=True, add_headers={"X-Path": "off"}),
        _at("/a", "POST", add_headers={"X-Path": "post"}),
        _at("/a", add_headers={"X-Path": "get", "X-All": "path"}, delete_headers=["x-both", "X-Sent"]),
        _at("/a", add_headers={"X-Path": "second", "X-Sent": "second"}),
        _at("/way", delete_headers=["X-Forwarded-For"]),
    ]
    members = {
        "global_headers": {"x-all": "1", "X-Both": "1"},
        "extended_paths": {"transform_headers": entries},
    }
    on, off = (
        write_open_api(gateway, version_data=version_data(**members, global_headers_disabled=is_off))
        for is_off in (False, True)
    )
    yield RELOAD

    sent = [("X-Sent", "1"), ("X-Sent", "2")]
    for api, method, path, expected in (
        (on, "GET", "a", {"x_all": "path", "x_path": "get", "x_both": None, "x_sent": None}),
        (on, "POST", "a", {"x_all": "1", "x_path": "post", "x_both": "1", "x_sent": "1, 2"}),
        (on, "GET", "off", {"x_all": "1", "x_path": None, "x_both": "1", "x_sent": "1, 2"}),
        (off, "GET", "a", {"x_all": "path", "x_path": "get", "x_both": None, "x_sent": None}),
        (off, "GET", "b", {"x_all": None, "x_path": None, "x_both": None, "x_sent": "1, 2"}),
        (on, "GET", "way", {"x_forwarded_for": None}),
    ):
        exchange = gateway.send(method, f"/{api.id}/{path}", headers=sent)
        expect_upstream_saw(gateway, exchange, **expected)


@behaviour("requests-have-variables")
def test_requests_have_variables(gateway: Gateway) -> Steps:
    """With enable_context_vars the path, the headers, the cookies, the fields and the key are variables."""
    names = ("path", "path_parts", "headers_X_One", "cookies_a_b", "request_data_q", "none")
    texts = {f"X-{name.replace('_', '-')}": f"<$tyk_context.{name}>" for name in names}
    texts["X-Own"] = "<$tyk_context.token>"
    version = version_data(global_headers=texts)
    on, off = (write_api(gateway, version_data=version, enable_context_vars=is_on) for is_on in (True, False))
    gold = write_policy(gateway, on, access_rights=on.rights | off.rights)
    yield RELOAD

    key = write_key(gateway, on, gold)
    headers = [("Authorization", key), ("X-One", "1"), ("Cookie", "c=d; a-b=e")]
    exchange = gateway.send("GET", f"/{on.id}/a?q=x+y", headers=headers)
    expect_upstream_saw(
        gateway, exchange, x_path=f"</{on.id}/a>", x_path_parts=f"<{on.id},a>", x_headers_x_one="<1>",
        x_cookies_a_b="<e>", x_request_data_q="<x y>", x_own=f"<{key}>", x_none="<>",
    )  # fmt: skip
    exchange = gateway.send("GET", f"/{off.id}/a?q=x+y", headers=headers)
    expect_upstream_saw(gateway, exchange, x_path="<>", x_headers_x_one="<>", x_own="<>")


@behaviour("quotas-are-variables")
def test_quotas_are_variables(gateway: Gateway) -> Steps:
    """The quota of a key, what is left of it and its end reach the upstream in headers."""
    needs_own_upstream(gateway)
    texts = {
        "X-Of": "$tyk_context.quota_remaining of $tyk_context.quota_limit",
        "X-End": "$tyk_context.quota_reset",
    }
    api = write_api(gateway, version_data=version_data(global_headers=texts), enable_context_vars=True)
    gold = write_policy(gateway, api, quota_max=7, quota_renewal_rate=3600)
    yield RELOAD

    key = write_key(gateway, api, gold)
    for left in (6, 5):
        exchange = call(gateway, api, key)
        expect_upstream_saw(
            gateway, exchange, x_of=f"{left} of 7", x_end=exchange.header("X-RateLimit-Reset")
        )


@behaviour("claims-are-variables")
def test_claims_are_variables(gateway: Gateway) -> Steps:
    """With enable_context_vars the claims of a token, its header and its session's key are variables."""
    names = ("plan", "limit", "roles", "nested", "alg", "typ", "none")
    texts = {f"X-{name}": f"<$tyk_context.jwt_claims_{name}>" for name in names}
    texts |= {"X-Own": "<$tyk_context.token>", "X-Session": "<$tyk_meta.TykJWTSessionID>"}
    version = version_data(global_headers=texts)
    on, off = (
        write_jwt_api(gateway, version_data=version, enable_context_vars=is_on) for is_on in (True, False)
    )
    gold = write_policy(gateway, on, access_rights=on.rights | off.rights)
    yield RELOAD

    claims = {"sub": new_user(gateway), "pol": gold, "plan": "gold", "limit": 3, "roles": ["a", "b c"]}
    credential = token({**claims, "nested": {"a": "b"}, "typ": "claim"})
    exchange = call(gateway, on, credential)
    expect_upstream_saw(
        gateway, exchange, x_plan="<gold>", x_limit="<3>", x_roles="<a,b+c>", x_nested="<>", x_alg="<HS256>",
        x_typ="<claim>", x_none="<>",
    )  # fmt: skip
    seen = exchange.object_at("headers")
    session = seen.get("x-session", "<>") if not gateway.options.upstream else ""
    if session == "<>":
        raise Mismatch("the key of the session in its metadata", repr(session), exchange)
    expect_upstream_saw(gateway, exchange, x_own=session)
    exchange = call(gateway, off, credential)
    expect_upstream_saw(gateway, exchange, x_plan="<>", x_alg="<>", x_own="<>")


@behaviour("answer-headers-may-change")
def test_headers_of_answers_change(gateway: Gateway) -> Steps:
    """Headers of answers change by their path, then as all of the version, then by its processors."""
    entries = [
        _at("/a", "POST", add_headers={"X-Path": "post"}),
        _at("/a", add_headers={"X-Path": "$tyk_meta.plan", "X-All": "path", "X-Own": "1"}),
        _at("/a", add_headers={"X-Path": "second"}),
    ]
    members = {
        "global_response_headers": {"x-all": "all", "X-Plan": "<$tyk_meta.plan>", "X-Last": "all"},
        "global_response_headers_remove": ["x-own"],
        "extended_paths": {"transform_response_headers": entries},
    }
    processors = [
        {"name": "tyk-contract", "options": {}},
        {
            "name": "header_injector",
            "options": {"add_headers": {"x-last": "own"}, "remove_headers": ["X-Plan"]},
        },
    ]
    on = write_api(gateway, version_data=version_data(**members))
    both = write_api(gateway, version_data=version_data(**members), response_processors=processors)
    alone = write_api(gateway, response_processors=processors)
    off = write_api(
        gateway, version_data=version_data(**members, global_response_headers_disabled=True),
        response_processors=processors,
    )  # fmt: skip
    apis = (on, both, alone, off)
    gold = write_policy(
        gateway, on, meta_data={"plan": "gold"},
        access_rights={name: right for api in apis for name, right in api.rights.items()},
    )  # fmt: skip
    yield RELOAD

    key = write_key(gateway, on, gold)
    for api, method, path, expected in (
        (
            on,
            "GET",
            "a",
            {"x_path": "gold", "x_all": "all", "x_own": None, "x_plan": "<gold>", "x_last": "all"},
        ),
        (on, "POST", "a", {"x_path": "post", "x_all": "all", "x_own": None, "x_plan": "<gold>"}),
        (on, "GET", "b", {"x_path": None, "x_all": "all", "x_own": None, "x_plan": "<gold>"}),
        (both, "GET", "a", {"x_path": "gold", "x_all": "all", "x_plan": None, "x_last": "own"}),
        (alone, "GET", "a", {"x_path": None, "x_all": None, "x_plan": None, "x_last": "own"}),
        (off, "GET", "a", {"x_path": "gold", "x_all": "path", "x_own": "1", "x_plan": None, "x_last": None}),
    ):
        _expect_headers(call(gateway, api, key, path, method), **expected)


@behaviour("answers-may-name-the-gateway")
def test_answers_name_the_gateway_in_place_of_the_upstream(gateway: Gateway) -> Steps:
    """The processor header_transform puts another host into headers; one that is no URL ends the processors."""
    needs_own_upstream(gateway)
    there = gateway.upstream.url + "moved/b"
    name = gateway.new_id()
    gateway.upstream.serve(f"moved/{name}", b"{}", headers=(("Location", there), ("X-Url", there)))

    def processors(host: str) -> list[dict[str, Any]]:
        cleanup = {"headers": ["location", "X-None"], "target_host": host}
        return [
            {"name": "header_transform", "options": {"rev_proxy_header_cleanup": cleanup}},
            {"name": "header_injector", "options": {"add_headers": {"X-Late": "1"}}},
        ]

    named, bad = (
        write_open_api(gateway, "moved/", response_processors=processors(host))
        for host in ("https://public.test", "http://a b")
    )
    yield RELOAD

    expected = {"location": f"https://public.test/{named.id}/b", "x_url": there, "x_late": "1"}
    _expect_headers(call(gateway, named, path=name), **expected)
    _expect_headers(call(gateway, bad, path=name), location=there, x_url=there, x_late=None)


@behaviour("open-apis-change-headers")
def test_open_apis_change_headers(gateway: Gateway) -> Steps:
    """An API in OpenAPI form changes headers of all paths and of operations, of its own answers too."""
    sent = document(gateway)
    paths = ("a", "off", "mock")
    sent["paths"] = {
        f"/{path}": {"get": {"operationId": path, "responses": {"200": {"description": "ok"}}}}
        for path in paths
    }

    def added(value: str, **members: Any) -> dict[str, Any]:
        return {"enabled": True, "add": [{"name": "X-Own", "value": value}], **members}

    sent[EXTENSION]["middleware"] = {
        "global": {
            "contextVariables": {"enabled": True},
            "transformRequestHeaders": {
                "enabled": True, "remove": ["X-Gone"],
                "add": [{"name": "X-Plan", "value": "$tyk_meta.plan $tyk_context.path"}],
            },
            "transformResponseHeaders": {"enabled": True, "add": [{"name": "X-Plan", "value": "$tyk_meta.plan"}]},
        },
        "operations": {
            "a": {"transformRequestHeaders": added("a"), "transformResponseHeaders": added("b")},
            "off": {"transformRequestHeaders": added("a", enabled=False)},
            "mock": {"mockResponse": {"enabled": True, "body": "{}"}, "transformResponseHeaders": added("m")},
        },
    }  # fmt: skip
    api = write(gateway, sent)
    gold = write_policy(gateway, api, meta_data={"plan": "gold"})
    yield RELOAD

    key = write_key(gateway, api, gold)
    for path, seen, told in (("a", "a", "b"), ("off", None, None), ("mock", None, "m")):
        exchange = gateway.send("GET", f"/{api.id}/{path}", headers=[("Authorization", key), ("X-Gone", "1")])
        _expect_headers(exchange, x_plan="gold", x_own=told)
        if path != "mock":
            own = {"x_plan": f"gold /{api.id}/{path}", "x_own": seen, "x_gone": None}
            expect_upstream_saw(gateway, exchange, **own)
