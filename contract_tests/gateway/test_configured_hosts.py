"""Which Host a request must have, under settings of the gateway."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from contract_tests.engine.checks import TWICE, Mismatch, expect, shorten
from contract_tests.engine.declaration import RELOAD, NotApplicable, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    expect_passed,
    expect_path,
    needs_own_upstream,
    write_open_api,
)
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS, POLICIES
from mockserver.http.client import Header

CONFIG = "/config"


def get(gateway: Gateway, path: str, host: str, *headers: Header) -> Exchange:
    """GET a path with this Host, and these headers alone."""
    return gateway.send("GET", path, headers=[("Host", host), *headers])


def expect_nothing(exchange: Exchange) -> None:
    """Expect that no API is at the path and the Host."""
    expect(exchange, 404, "Not Found", "text/plain; charset=utf-8")


@behaviour("apis-may-have-domains")
def test_an_api_has_a_domain(gateway: Gateway) -> Steps:
    """An API with a domain is answered at this Host, in these letters and at any port, before APIs without one."""
    needs_own_upstream(gateway)
    name, other = gateway.new_id(), gateway.new_id()
    domain, hostname = f"{name}.test", gateway.setting("hostname", "")
    path = {"listen_path": f"/{name}/"}
    named = write_open_api(gateway, "named", path, domain=domain)
    write_open_api(gateway, "variable", path, domain=f"{{any}}.{domain}")
    plain = write_open_api(gateway, "plain", path)
    write_open_api(gateway, "longer", {"listen_path": f"/{name}/x/"})
    write_open_api(gateway, "off", {"listen_path": f"/{other}/"}, domain=domain, domain_disabled=True)
    yield RELOAD

    elsewhere = hostname or "other.test"
    for target, host, seen in (
        (f"/{name}/a", domain, "/named/a"), (f"/{name}/x/a", domain, "/named/x/a"),
        (f"/{name}/a", f"{domain}:81", "/named/a"), (f"/{name}/x/a", f"a.{domain}", "/variable/x/a"),
        (f"/{name}/a", elsewhere, "/plain/a"), (f"/{name}/x/a", elsewhere, "/longer/a"),
        (f"/{other}/a", "other.test", "/off/a"), (f"/{other}/a", domain, "/off/a"),
    ):  # fmt: skip
        expect_path(gateway, get(gateway, target, host), seen)
    for host in (domain.upper(), f"a.b.{domain}", f"a{domain}"):
        if not hostname:
            expect_path(gateway, get(gateway, f"/{name}/a", host), "/plain/a")
    expect_passed(get(gateway, f"/{named.id}/a", domain))
    expect_nothing(get(gateway, f"/{named.id}/a", elsewhere))
    for api in (named, plain):
        exchange = gateway.send("GET", f"{APIS}/{api.id}")
        if exchange.object_at("proxy").get("listen_path") != f"/{name}/":
            raise Mismatch(f"the listen path /{name}/", shorten(exchange.text, 600), exchange)


@behaviour("apis-may-have-ports")
def test_an_api_has_a_port(gateway: Gateway) -> Steps:
    """An API with a listen_port is answered there alone, and policies, probes and other APIs are not."""
    needs_own_upstream(gateway)
    port = free_port()
    named, other = write_open_api(gateway, listen_port=port), write_open_api(gateway)
    yield RELOAD

    url = f"{urlsplit(gateway.target.url).scheme}://{urlsplit(gateway.target.url).hostname}:{port}"
    for _ in TWICE:
        expect_passed(gateway.send_to(url, f"/{named.id}/a", headers=[]))
        expect_passed(gateway.send("GET", f"/{other.id}/a", headers=[]))
        expect_nothing(gateway.send("GET", f"/{named.id}/a", headers=[]))
    for target in (POLICIES, gateway.run.service.probe, f"/{other.id}/a"):
        exchange = gateway.send_to(url, target, headers=[])
        if exchange.status != 404:
            raise Mismatch(
                "404 at the port of an API", f"{exchange.status} {shorten(exchange.text)}", exchange
            )


@behaviour("apis-with-a-port-are-apart")
def test_an_api_with_a_port_is_apart(gateway: Gateway) -> Steps:
    """An API with a listen_port of its own is not found at the port of the gateway, and one without is."""
    named, other = write_open_api(gateway, listen_port=free_port()), write_open_api(gateway)
    yield RELOAD

    expect_nothing(gateway.send("GET", f"/{named.id}/a", headers=[]))
    expect_passed(gateway.send("GET", f"/{other.id}/a", headers=[]))


def free_port() -> int:
    """A port of this machine that nothing listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@behaviour("apis-may-have-a-hostname")
def test_apis_have_the_hostname_of_the_gateway(gateway: Gateway) -> Steps:
    """An API is answered at the Host that hostname says, and the policies and probes at another one too."""
    hostname = gateway.setting("hostname")
    if "{" in hostname:
        raise NotApplicable("hostname has variables")
    api = write_open_api(gateway)
    yield RELOAD

    expect_passed(get(gateway, f"/{api.id}/a", hostname))
    expect_nothing(get(gateway, f"/{api.id}/a", f"x{hostname}"))
    for target in (POLICIES, gateway.run.service.probe):
        exchange = get(gateway, target, f"x{hostname}", gateway.target.auth.line)
        if exchange.status != 200:
            raise Mismatch("200 at any Host", f"{exchange.status} {shorten(exchange.text)}", exchange)


@behaviour("inspection-may-have-a-hostname", reads_only=True)
def test_the_configuration_is_told_at_a_host(gateway: Gateway) -> None:
    """The configuration is told at the Host that control_api_hostname says alone, and the policies at another one too."""
    hostname, secret = gateway.setting("control_api_hostname"), gateway.target.auth.line
    if (exchange := get(gateway, f"{CONFIG}?field=secret", hostname, secret)).status != 200:
        raise Mismatch("200, a key of the configuration", f"{exchange.status}", exchange)
    if (exchange := get(gateway, CONFIG, f"x{hostname}", secret)).status != 404:
        raise Mismatch("404 at another Host", f"{exchange.status} {shorten(exchange.text)}", exchange)
    if (exchange := get(gateway, POLICIES, f"x{hostname}", secret)).status != 200:
        raise Mismatch("200, the policies", f"{exchange.status} {shorten(exchange.text)}", exchange)
