"""Which API a request reaches: listen paths."""

from __future__ import annotations

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import Api, expect_path, needs_own_upstream, write_open_api
from contract_tests.gateway.checks import expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS


def _at(gateway: Gateway, path: str, target: str, **members: object) -> Api:
    """Write an API without keys at a listen path, before a path of our upstream."""
    needs_own_upstream(gateway)
    return write_open_api(gateway, target, {"listen_path": path}, **members)


def _expect_at(gateway: Gateway, path: str, reached: str) -> None:
    expect_path(gateway, gateway.send("GET", path, headers=[]), reached)


def _expect_nothing_at(gateway: Gateway, path: str) -> None:
    """No API is reached, as at a path that is none's."""
    other = gateway.send("GET", f"/{gateway.new_id()}/a", headers=[])
    exchange = gateway.send("GET", path, headers=[])
    if (exchange.status, exchange.text) != (404, other.text):
        raise Mismatch(f"404 {shorten(other.text)}", f"{exchange.status} {shorten(exchange.text)}", exchange)


@behaviour("longest-listen-path-first")
def test_the_longest_listen_path_is_reached(gateway: Gateway) -> Steps:
    """The longest of several listen paths that a path begins with counts, and is stripped."""
    segment = gateway.new_id()
    for path, target in (("", "short"), ("a/", "long"), ("a/b/", "longest")):
        _at(gateway, f"/{segment}/{path}", target)
    yield RELOAD

    for path, reached in (("b", "short/b"), ("a/c/", "long/c/"), ("a/b/c", "longest/c"), ("ab", "short/ab")):
        _expect_at(gateway, f"/{segment}/{path}", f"/{reached}")


@behaviour("listen-paths-have-variables")
def test_a_listen_path_may_have_variables(gateway: Gateway) -> Steps:
    """{name} stands for any segment, {name:pattern} for one that fits; it is stripped, and counts nothing."""
    segment = gateway.new_id()
    for path, target in (
        ("{with_a_long_name}/", "any"), ("{id}/deep/", "deep"), ("a/deep/", "plain"),
        ("{id:[0-9]+}/number/", "number"), ("two/{id}/", "one"), ("two/{id}/{id2}/", "pair"),
    ):  # fmt: skip
        _at(gateway, f"/{segment}/{path}", target)
    yield RELOAD

    for path, reached in (
        ("x/y", "any/y"), ("x.y/z/{id}/", "any/z/{id}/"), ("x/deep/y", "deep/y"), ("a/deep/y", "plain/y"),
        ("17/number/y", "number/y"), ("x/number/y", "any/number/y"), ("two/a/b/c", "pair/c"),
        ("two/a/b", "one/b"), (f"x/z/{segment}/y/z", f"any/z/{segment}/y/z"),
    ):  # fmt: skip
        _expect_at(gateway, f"/{segment}/{path}", f"/{reached.replace('{', '%7B').replace('}', '%7D')}")


@behaviour("listen-paths-are-kept-apart")
def test_an_api_keeps_its_listen_path(gateway: Gateway) -> Steps:
    """An API written with the listen path of a loaded one is loaded at another, and stays there."""
    segment = gateway.new_id()
    first = _at(gateway, f"/{segment}/", "first")
    yield RELOAD
    second = _at(gateway, f"/{segment}/", "second")
    yield RELOAD

    for api, path in ((first, f"/{segment}/"), (second, f"/{segment}/-{second.id}")):
        exchange = gateway.send("GET", f"{APIS}/{api.id}")
        proxy = exchange.document.get("proxy", {})
        if proxy.get("listen_path") != path:
            raise Mismatch(f"the listen path {path}", repr(proxy.get("listen_path")), exchange)
    _expect_at(gateway, f"/{segment}/a", "/first/a")
    expect_written(gateway.send("DELETE", f"{APIS}/{first.id}"), first.id, "deleted")
    yield RELOAD

    _expect_nothing_at(gateway, f"/{segment}/a")
    _expect_at(gateway, f"/{segment}/-{second.id}/a", "/second/a")


@behaviour("some-apis-are-not-served")
def test_some_apis_are_loaded_and_not_served(gateway: Gateway) -> Steps:
    """An internal API is loaded, and no request from outside reaches it."""
    segment = gateway.new_id()
    api = _at(gateway, f"/{segment}/", "internal", internal=True)
    yield RELOAD

    exchange = gateway.send("GET", f"{APIS}/{api.id}")
    if exchange.document.get("api_id") != api.id:
        raise Mismatch("200 with the API", f"{exchange.status} {shorten(exchange.text)}", exchange)
    _expect_nothing_at(gateway, f"/{segment}/a")
