"""No connection goes to another machine, whatever URL an API, a key set or a redirect names."""

from __future__ import annotations

import base64
import ipaddress
import json
import socket
from typing import Any

import pytest
from answering import answering
from asking import send
from orders import GOLD, ORDERS, serve

from mockserver import MockGateway
from mockserver.http import transport

FAR = [
    "http://192.0.2.7/", "https://192.0.2.7:8443/", "http://0.0.0.0:1/", "http://[::]:1/", "http://[::ffff:192.0.2.7]/",
    "http://[64:ff9b::c000:207]/", "http://169.254.169.254/latest/", "http://2130706433/", "http://3221225991/", "http://0x7f000001/",
    "http://0300.0.2.7/", "http://127.1/", "http://127.0.0.1.far.test/", "http://localhost.far.test/", "http://far.test#@127.0.0.1/",
    "http://127.0.0.1@far.test/", "http://127.0.0.1:80@far.test/", "http://far.test\\@127.0.0.1/", "http://far.test?@127.0.0.1/",
    "http://\uff11\uff12\uff17.0.0.1/", "http://127.0.0.1%2efar.test/", "http://127.0.0.1%00.far.test/", "//far.test/", "far.test",
    "http:far.test", "http:///far.test/", "file:///etc/passwd", "unix:///run/x", "ftp://127.0.0.1/", "tyk://far", "http://[fe80::1%25lo]/",
    "http://localhost\t.far.test/", "HTTP://FAR.TEST/", "ws://far.test/", "h2c://far.test/",
]  # fmt: skip


@pytest.fixture(name="hosts")
def _hosts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that a client of the mock connects to."""
    hosts, connect = list[str](), socket.create_connection

    def connected(address: tuple[str, int], *arguments: Any, **options: Any) -> socket.socket:
        hosts.append(address[0])
        if not is_near(address[0]):
            raise ConnectionRefusedError
        return connect(address, *arguments, **options)

    monkeypatch.setattr(transport.socket, "create_connection", connected)
    return hosts


def is_near(host: str) -> bool:
    """True for the name of this machine, and its loopback addresses."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.mark.parametrize("target", FAR)
def test_no_target_leads_to_another_machine(gateway: MockGateway, hosts: list[str], target: str) -> None:
    """An API with a target in whatever form has an echo, an error, or an answer of this machine."""
    serve(gateway, use_keyless=True, proxy={**ORDERS["proxy"], "target_url": target})  # type: ignore[dict-item]
    send(gateway, "GET", "/orders/a")
    assert list(filter(is_near, hosts)) == hosts


@pytest.mark.parametrize("url", FAR)
def test_no_key_set_is_fetched_from_another_machine(gateway: MockGateway, hosts: list[str], url: str) -> None:
    """A key set elsewhere is not fetched, whether an API names it or a server on this machine redirects to it."""
    moved = f"HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n".encode()
    head = {"alg": "RS256", "kid": "k", "typ": "JWT"}
    token = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (head, {})
    )
    with answering({"/moved": moved}) as near:
        for source in (url, f"{near}moved"):
            serve(
                gateway, GOLD, enable_jwt=True, jwt_signing_method="rsa", jwt_identity_base_field="sub",
                jwt_source=base64.b64encode(source.encode()).decode(),
            )  # fmt: skip
            answer = send(gateway, "GET", "/orders/a", [("Authorization", f"Bearer {token}.c2ln")])
            assert answer.status in {400, 401, 403}
    assert list(filter(is_near, hosts)) == hosts
    assert "127.0.0.1" in hosts  # it was asked for, and has redirected
