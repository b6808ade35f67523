"""Listen paths: the API that a request reaches."""

from __future__ import annotations

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    Api,
    expect_passed,
    expect_path,
    needs_own_upstream,
    write_open_api,
)
from contract_tests.gateway.checks import expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS


def _write_api_at(gateway: Gateway, path: str, target: str, **members: object) -> Api:
    """Write an API without authentication at a listen path, before a path of the suite's upstream."""
    needs_own_upstream(gateway)
    return write_open_api(gateway, target, {"listen_path": path}, **members)


def _expect_reached(gateway: Gateway, path: str, reached: str) -> None:
    expect_path(gateway, gateway.send("GET", path, headers=[]), reached)


def _expect_no_api_at(gateway: Gateway, path: str) -> None:
    """Expect that a path reaches no API, like an unknown path."""
    unknown = gateway.send("GET", f"/{gateway.new_id()}/a", headers=[])
    exchange = gateway.send("GET", path, headers=[])
    if (exchange.status, exchange.text) != (404, unknown.text):
        raise Mismatch(
            f"404 {shorten(unknown.text)}", f"{exchange.status} {shorten(exchange.text)}", exchange
        )


@behaviour("longest-listen-path-first")
def test_the_longest_listen_path_is_reached(gateway: Gateway) -> Steps:
    """A request reaches the API with the longest matching listen path, which is stripped from its path."""
    segment = gateway.new_id()
    for path, target in (("", "short"), ("a/", "long"), ("a/b/", "longest")):
        _write_api_at(gateway, f"/{segment}/{path}", target)
    yield RELOAD

    for path, reached in (("b", "short/b"), ("a/c/", "long/c/"), ("a/b/c", "longest/c"), ("ab", "short/ab")):
        _expect_reached(gateway, f"/{segment}/{path}", f"/{reached}")


@behaviour("listen-paths-have-variables")
def test_a_listen_path_may_have_variables(gateway: Gateway) -> Steps:
    """{name} in a listen path matches any segment, {name:pattern} some; neither adds to its length."""
    segment = gateway.new_id()
    for path, target in (
        ("{with_a_long_name}/", "any"), ("{id}/deep/", "deep"), ("a/deep/", "plain"),
        ("{id:[0-9]+}/number/", "number"), ("two/{id}/", "one"), ("two/{id}/{id2}/", "pair"),
        ("three/{id}/{id2}/{id3}/", "slashes"), ("three/{id}/c", "letters"),
    ):  # fmt: skip
        _write_api_at(gateway, f"/{segment}/{path}", target)
    yield RELOAD

    for path, reached in (
        ("x/y", "any/y"), ("x.y/z/{id}/", "any/z/{id}/"), ("x/deep/y", "deep/y"), ("a/deep/y", "plain/y"),
        ("17/number/y", "number/y"), ("x/number/y", "any/number/y"), ("two/a/b/c", "pair/c"),
        ("two/a/b", "one/b"), ("three/a/c/d/e", "slashes/e"), ("three/a/c/d", "letters/d"), (f"x/z/{segment}/y/z", f"any/z/{segment}/y/z"),
    ):  # fmt: skip
        _expect_reached(gateway, f"/{segment}/{path}", f"/{reached.replace('{', '%7B').replace('}', '%7D')}")


@behaviour("domains-part-listen-paths")
def test_a_domain_parts_listen_paths(gateway: Gateway) -> Steps:
    """APIs of two domains keep one listen path, and each is answered at the Host of the gateway."""
    segment = gateway.new_id()
    apis = [
        write_open_api(gateway, name, {"listen_path": f"/{segment}/"}, domain=f"{name}.{segment}.test")
        for name in ("first", "second")
    ]
    yield RELOAD

    for api in apis:
        expect_passed(gateway.send("GET", f"/{api.id}/a", headers=[]))
        exchange = gateway.send("GET", f"{APIS}/{api.id}")
        path = exchange.object_at("proxy").get("listen_path")
        if path != f"/{segment}/":
            raise Mismatch(f"the listen path /{segment}/", repr(path), exchange)


@behaviour("listen-paths-are-kept-apart")
def test_an_api_keeps_its_listen_path(gateway: Gateway) -> Steps:
    """An API with the listen path of a loaded API is loaded at another path, and stays there."""
    segment = gateway.new_id()
    first = _write_api_at(gateway, f"/{segment}/", "first")
    yield RELOAD
    second = _write_api_at(gateway, f"/{segment}/", "second")
    yield RELOAD

    for api, path in ((first, f"/{segment}/"), (second, f"/{segment}/-{second.id}")):
        exchange = gateway.send("GET", f"{APIS}/{api.id}")
        proxy = exchange.document.get("proxy", {})
        if proxy.get("listen_path") != path:
            raise Mismatch(f"the listen path {path}", repr(proxy.get("listen_path")), exchange)
    _expect_reached(gateway, f"/{segment}/a", "/first/a")
    expect_written(gateway.send("DELETE", f"{APIS}/{first.id}"), first.id, "deleted")
    yield RELOAD

    _expect_no_api_at(gateway, f"/{segment}/a")
    _expect_reached(gateway, f"/{segment}/-{second.id}/a", "/second/a")


@behaviour("some-apis-are-not-served")
def test_some_apis_are_loaded_and_not_served(gateway: Gateway) -> Steps:
    """An internal API is loaded, and no request from outside reaches it.

    APIs that cannot be served at all, for their listen path or target, are not tried: beside one a gateway
    drops the connections of some requests for organisations (gateway/api.go:269 @v5.12.0).
    """
    segment = gateway.new_id()
    api = _write_api_at(gateway, f"/{segment}/", "internal", internal=True)
    yield RELOAD

    exchange = gateway.send("GET", f"{APIS}/{api.id}")
    if exchange.document.get("api_id") != api.id:
        raise Mismatch("200 with the API", f"{exchange.status} {shorten(exchange.text)}", exchange)
    _expect_no_api_at(gateway, f"/{segment}/a")
