"""Methods and URLs of requests that a definition changes for the upstream."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    call,
    expect_method,
    expect_path,
    expect_refused,
    version_data,
    write_api,
    write_key,
    write_open_api,
    write_policy,
)
from contract_tests.gateway.builders.open_apis import EXTENSION, document, write
from contract_tests.gateway.client import Gateway

NO_METHOD = "Method not allowed"


def _version(**lists: list[dict[str, Any]]) -> dict[str, Any]:
    """The version data of an API with these lists of paths."""
    return version_data(extended_paths=lists)


def _method(path: str, method: str, to_method: str, **members: Any) -> dict[str, Any]:
    return {"path": path, "method": method, "to_method": to_method, **members}


def _rewrite(path: str, pattern: str, rewrite_to: str) -> dict[str, Any]:
    return {"path": path, "method": "GET", "match_pattern": pattern, "rewrite_to": rewrite_to}


@behaviour("request-methods-may-change")
def test_methods_of_requests_change(gateway: Gateway) -> Steps:
    """The first entry for path and method gives the method for the upstream; others than six are refused."""
    entries = [
        _method("/off", "GET", "POST", disabled=True), _method("/a", "POST", "GET"),
        _method("/a", "GET", "patch"), _method("/a", "GET", "PUT"), _method("/bad", "GET", "TRACE"),
    ]  # fmt: skip
    told = [{"path": "/a", "method": "GET", "add_headers": {"X-Told": "1"}}]
    api = write_open_api(
        gateway, version_data=_version(method_transforms=entries, transform_response_headers=told)
    )
    yield RELOAD

    for method, path, expected in (
        ("GET", "a", "PATCH"), ("POST", "a", "GET"), ("PUT", "a", "PUT"), ("GET", "off", "GET"),
    ):  # fmt: skip
        exchange = call(gateway, api, path=path, method=method)
        expect_method(gateway, exchange, expected)
        if exchange.header("X-Told") != ("1" if (method, path) == ("GET", "a") else ""):
            raise Mismatch("headers of the answer by the method of the client", method, exchange)
    expect_refused(call(gateway, api, path="bad"), 405, NO_METHOD)


@behaviour("urls-may-be-rewritten")
def test_urls_of_requests_are_rewritten(gateway: Gateway) -> Steps:
    """Groups of the expression and escaped variables make the new URL; its path is below that of the target."""
    target = gateway.options.upstream.removesuffix("/") or gateway.upstream.url.removesuffix("/")
    entries = [
        _rewrite("/items/", r"items/([0-9]+)(\?(.*))?", "/things?id=$1&q=$3&n=$9"),
        _rewrite("/plan", "plan", "/of/$tyk_meta.plan?p=$tyk_context.request_data_q"),
        _rewrite("/host", "host/(.*)", f"{target}/else/$1"),
        _rewrite("/bad", "(", "/no"),
        _rewrite("/url", "url", "/a%zz"),
        _rewrite("/space", "space/a b", "/found"),
    ]
    version = _version(url_rewrites=entries)
    api = write_api(gateway, version_data=version, enable_context_vars=True)
    based = write_open_api(gateway, "base?t=1", version_data=version)
    gold = write_policy(gateway, api, meta_data={"plan": "a b/c"})
    yield RELOAD

    key = write_key(gateway, api, gold)
    for path, expected in (
        ("items/7", "/things?id=7&q=&n="),
        ("items/7?a=b", "/things?id=7&q=a=b&n="),
        ("items/x?a=b", "/items/x?a=b"),
        ("plan?q=x+y", "/of/a+b%2Fc?p=x+y"),
        ("host/x?a=b", "/else/x?a=b"),
        ("url?a=b", "/url?a=b"),
        ("space/a%20b", "/found"),
    ):
        expect_path(gateway, call(gateway, api, key, path), expected)
    expect_path(gateway, call(gateway, based, path="items/7"), "/base/things?t=1&id=7&q=&n=")
    expect_path(gateway, call(gateway, based, path="host/x"), "/else/x?t=1")
    expect_refused(call(gateway, api, key, "bad"), 500, "URLRewrite regexp error (")


@behaviour("open-apis-rewrite-requests")
def test_open_apis_rewrite_requests(gateway: Gateway) -> Steps:
    """The settings of operations change methods and URLs of requests to an API in OpenAPI form."""
    sent = document(gateway, enabled=False)
    responses = {"200": {"description": "ok"}}
    sent["paths"] = {
        f"/{name}": {"get": {"operationId": name, "responses": responses}} for name in ("a", "b", "off")
    }
    rewriting = {"enabled": True, "pattern": "(.*)/b", "rewriteTo": "/new$1"}
    sent[EXTENSION]["middleware"] = {
        "operations": {
            "a": {"transformRequestMethod": {"enabled": True, "toMethod": "POST"}},
            "b": {"urlRewrite": rewriting},
            "off": {
                "transformRequestMethod": {"enabled": False, "toMethod": "POST"},
                "urlRewrite": rewriting | {"enabled": False, "pattern": "off"},
            },
        }
    }
    api = write(gateway, sent)
    yield RELOAD

    for path, method, upstream_path in (
        ("a", "POST", "/a"), ("b", "GET", f"/new/{api.id}"), ("off", "GET", "/off"),
    ):  # fmt: skip
        exchange = call(gateway, api, path=path)
        expect_method(gateway, exchange, method)
        expect_path(gateway, exchange, upstream_path)


def _trigger(condition: str, rewrite_to: str, **options: dict[str, str]) -> dict[str, Any]:
    rules = {
        part: {name: {"match_rx": text, "reverse": False} for name, text in patterns.items()}
        for part, patterns in options.items()
    }
    return {"on": condition, "rewrite_to": rewrite_to, "options": rules}


@behaviour("triggers-choose-urls")
def test_triggers_choose_the_url(gateway: Gateway) -> Steps:
    """The first trigger of which one part fits, or all, gives the URL; what matched is a variable."""
    triggers = [
        _trigger("any", "/any?h=$tyk_context.trigger-0-X-Any-0-0", header_matches={"X-Any": "^a(.*)"},
                 query_val_matches={"any": "b"}),
        _trigger("all", "/all?p=$tyk_context.trigger-1-part-0", path_part_matches={"part": "^p[0-9]+$"},
                 session_meta_matches={"plan": "gold"}),
        _trigger("any", "/told", request_context_matches={"path": "/told$"}),
    ]  # fmt: skip
    entry = {**_rewrite("/t/", "/t/(.*)", "/plain/$1"), "triggers": triggers}
    api = write_api(gateway, version_data=_version(url_rewrites=[entry]), enable_context_vars=True)
    gold, tin = (write_policy(gateway, api, meta_data={"plan": plan}) for plan in ("golden", "tin"))
    yield RELOAD

    keys = {plan: write_key(gateway, api, policy) for plan, policy in (("gold", gold), ("tin", tin))}
    for plan, path, header, expected in (
        ("gold", "t/x", "x", "/plain/x"),
        ("gold", "t/x", "abc", "/any?h=bc"),
        ("gold", "t/x?any=b", "x", "/any?h="),
        ("gold", "t/p12", "x", "/all?p=p12"),
        ("tin", "t/p12", "x", "/plain/p12"),
        ("gold", "t/told", "x", "/told"),
    ):
        headers = [("Authorization", keys[plan]), ("X-Any", header)]
        expect_path(gateway, gateway.send("GET", f"/{api.id}/{path}", headers=headers), expected)
