"""The gateway's HTTP server under its settings: probes, paths, routes and sizes."""

from __future__ import annotations

from contract_tests.engine.checks import TWICE, Mismatch, expect, shorten
from contract_tests.engine.declaration import RELOAD, NotApplicable, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    call,
    expect_passed,
    expect_path,
    expect_refused,
    needs_own_upstream,
    write_api,
    write_key,
    write_open_api,
    write_policy,
)
from contract_tests.gateway.client import LONGEST_BODY, Gateway
from contract_tests.gateway.resources import POLICIES
from contract_tests.gateway.test_endpoint_limits import endpoint, write_limited_policy

TOO_LARGE = "Request Entity Too Large\n"
LARGEST = 1 << 20  # bytes; a larger body is not sent
NOT_THIS = "Access to this resource has been disallowed"


@behaviour("liveness-probes-may-be-elsewhere", reads_only=True)
def test_the_liveness_probe_has_its_path(gateway: Gateway) -> None:
    """The liveness probe is answered at health_check_endpoint_name, without the secret."""
    _expect_probe(gateway, gateway.setting("health_check_endpoint_name"), "Tyk GW")


@behaviour("readiness-probes-may-be-elsewhere", reads_only=True)
def test_the_readiness_probe_has_its_path(gateway: Gateway) -> None:
    """The readiness probe is answered at readiness_check_endpoint_name, without the secret."""
    _expect_probe(gateway, gateway.setting("readiness_check_endpoint_name"), "Tyk GW Ready")


def _expect_probe(gateway: Gateway, name: str, description: str) -> None:
    exchange = gateway.send("GET", f"/{name}", headers=[])
    if exchange.status != 200 or exchange.document.get("description") != description:
        actual = f"{exchange.status} {shorten(exchange.text)}"
        raise Mismatch(f"200 with the description {description!r}", actual, exchange)


@behaviour("large-bodies-may-be-refused")
def test_a_large_body_is_refused(gateway: Gateway) -> Steps:
    """A body of max_request_body_size bytes is taken, and one more is answered with 413, at APIs too."""
    size = gateway.setting(LONGEST_BODY)
    if size > LARGEST:
        raise NotApplicable(f"{LONGEST_BODY} is over {LARGEST} bytes")
    api = write_open_api(gateway)
    yield RELOAD

    for _ in TWICE:
        expect_passed(gateway.send("POST", f"/{api.id}/a", b"x" * size, headers=[]))
        refused = gateway.probe("POST", f"/{api.id}/a", b"x" * (size + 1), headers=[])
        expect(refused, 413, TOO_LARGE, "text/plain; charset=utf-8")
    exchange = gateway.probe("POST", POLICIES, b"x" * (size + 1))
    expect(exchange, 413, TOO_LARGE, "text/plain; charset=utf-8")


@behaviour("paths-may-stay-as-they-are", reads_only=True)
def test_a_path_is_not_cleaned(gateway: Gateway) -> None:
    """A path with `//` or `/../` is routed as it is; below /tyk/ it leads to a clean path without /tyk."""
    for path in ("//tyk/policies", "/x/../hello", "//hello"):
        exchange = gateway.send("GET", path)
        if exchange.status != 404:
            raise Mismatch(
                "404, no path is like this", f"{exchange.status} {shorten(exchange.text)}", exchange
            )
    exchange = gateway.send("GET", "/tyk//policies")
    if (exchange.status, exchange.header("Location")) != (301, "/policies"):
        raise Mismatch("301 to /policies", f"{exchange.status} {exchange.header('Location')}", exchange)


@behaviour("allowed-urls-may-begin-paths")
def test_an_allowed_url_is_the_beginning_of_a_path(gateway: Gateway) -> Steps:
    """With enable_path_prefix_matching an allowed URL fits paths, without the listen path, that begin with it."""
    yield from _expect_allowed(gateway, "/orders", ("orders", "orders/1", "orders2"), ("x/orders", "order"))


@behaviour("allowed-urls-may-end-paths")
def test_an_allowed_url_is_the_end_of_a_path(gateway: Gateway) -> Steps:
    """With enable_path_suffix_matching an allowed URL fits paths that end with it."""
    yield from _expect_allowed(gateway, "/orders", ("orders", "x/orders"), ("orders/1", "orders2"))


@behaviour("allowed-urls-may-be-whole-paths")
def test_an_allowed_url_is_a_whole_path(gateway: Gateway) -> Steps:
    """With both settings an allowed URL fits the path that equals it alone."""
    yield from _expect_allowed(gateway, "/orders", ("orders",), ("orders/1", "orders2", "x/orders"))


def _expect_allowed(gateway: Gateway, url: str, passing: tuple[str, ...], refused: tuple[str, ...]) -> Steps:
    """Expect that a policy's allowed URL lets these paths pass, and refuses those."""
    api = write_api(gateway)
    right = {**api.rights[api.id], "allowed_urls": [{"url": url, "methods": ["GET"]}]}
    gold = write_policy(gateway, api, access_rights={api.id: right})
    yield RELOAD

    key = write_key(gateway, api, gold)
    for path in passing:
        expect_passed(call(gateway, api, key, path))
    for path in refused:
        expect_refused(call(gateway, api, key, path), 403, NOT_THIS)


@behaviour("listen-paths-may-be-strict")
def test_a_listen_path_may_end_at_a_segment(gateway: Gateway) -> Steps:
    """A listen path takes what goes on with a slash, and without one at its end itself, and no longer segment."""
    needs_own_upstream(gateway)
    name = gateway.new_id()
    write_open_api(gateway, "up", {"listen_path": f"/{name}"})
    write_open_api(gateway, "{id}", {"listen_path": f"/{name}-{{id}}"})
    usual = write_open_api(gateway)
    yield RELOAD

    expect_passed(call(gateway, usual))

    expect_path(gateway, gateway.send("GET", f"/{name}/a", headers=[]), "/up/a")
    expect_passed(gateway.send("GET", f"/{name}", headers=[]))
    expect_passed(gateway.send("GET", f"/{name}-1x", headers=[]))
    for path in (f"/{name}x", f"/{name}x/a"):
        expect(gateway.send("GET", path, headers=[]), 404, "Not Found", "text/plain; charset=utf-8")


@behaviour("ports-may-be-apart")
def test_each_port_has_requests_of_its_own(gateway: Gateway) -> Steps:
    """An API is answered at listen_port and not at control_api_port; the gateway's API and its probes vice versa."""
    traffic_url = gateway.target.traffic_url
    if not traffic_url:
        raise NotApplicable("control_api_port is listen_port")
    api = write_open_api(gateway)
    yield RELOAD

    path = f"/{api.id}/a"
    not_found = "404 page not found\n" if "outer-404-is-go-page" in gateway.behaviours else "Not Found"
    expect_passed(gateway.send("GET", path, headers=[]))
    expect(gateway.send_to(gateway.target.url, path), 404, "Not Found", "text/plain; charset=utf-8")
    if (exchange := gateway.send("GET", POLICIES)).status != 200:
        raise Mismatch("200, the policies", f"{exchange.status} {shorten(exchange.text)}", exchange)
    for target in ("/hello", "/ready", POLICIES, f"/{gateway.new_id()}"):
        expect(gateway.send_to(traffic_url, target), 404, not_found, "text/plain; charset=utf-8")


@behaviour("matches-may-be-forgotten")
def test_a_match_is_not_remembered(gateway: Gateway) -> Steps:
    """Each expression is matched against each path anew, also if both together read like others before."""
    api = write_api(gateway)
    gold = write_limited_policy(gateway, api, endpoint("/a/b", GET=1), endpoint("/a", GET=1000))
    yield RELOAD

    key = write_key(gateway, api, gold)
    for path in ("b/a", "a", "a", "a"):
        expect_passed(call(gateway, api, key, path))
