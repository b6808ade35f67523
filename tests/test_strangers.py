"""The look at a service before a run, where something else answers or stands in front."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import spoils_of_the_way as way
from broken_servers import Answered, Asked, Forward, Spoil, proxied, said
from hostile import answering, hostile

from contract_tests.dashboard.service import DASHBOARD
from contract_tests.engine.preflight import PreflightError, look
from contract_tests.engine.service import Service
from contract_tests.gateway.service import GATEWAY
from mockserver import MockGateway

SECRET = "stranger-secret"


def _challenge(status: int, name: str) -> Spoil:
    """A server in front that asks for credentials of its own."""
    answer = said(status, "<h1>Authorization Required</h1>", "text/html")
    return lambda _, __: answer.with_header(name, 'Basic realm="admin"')


def _without_secret(asked: Asked, forward: Forward) -> Answered:
    """A proxy that takes the header of the secret away."""
    return forward(asked.with_header(GATEWAY.auth_header, ""))


@pytest.mark.parametrize(
    ("service", "status", "header", "step"),
    [
        (GATEWAY, 401, "WWW-Authenticate", "give them with --header 'Authorization: ...'"),
        (GATEWAY, 407, "Proxy-Authenticate", "give them with --header 'Proxy-Authorization: ...'"),
        (
            DASHBOARD,
            401,
            "WWW-Authenticate",
            "takes its secret in the same header, so judge it past that server",
        ),
    ],
)
def test_other_credentials_are_told(service: Service, status: int, header: str, step: str) -> None:
    """A server in front that asks for credentials of its own is told with its challenge and the next step."""
    with (
        MockGateway(secret=SECRET) as gateway,
        proxied(gateway.url, _challenge(status, header)) as url,
        pytest.raises(PreflightError, match="asks for other credentials before the secret") as caught,
    ):
        look(service, url, SECRET, "auto")
    assert f'{status} with {header}: Basic realm="admin"' in str(caught.value)
    assert str(caught.value).endswith(step)


def test_a_header_without_a_name_is_no_challenge() -> None:
    """A stranger may send a header that has no name."""
    head = b"HTTP/1.1 200 OK\r\n: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
    with hostile(answering(head)) as url, pytest.raises(PreflightError, match="is not a Tyk"):
        look(GATEWAY, url, SECRET, "auto")


@pytest.mark.parametrize("make", [way.byte_order_mark, way.wrapped, way.untold_gzip])
def test_a_gateway_with_changed_answers_is_judged(make: Callable[[], Spoil]) -> None:
    """A gateway whose answers are wrapped, compressed or marked is known as one, and told by the run."""
    with MockGateway(secret=SECRET) as gateway, proxied(gateway.url, make()) as url:
        assert look(GATEWAY, url, SECRET, "5.12").version.minor == 12


def test_a_secret_that_does_not_arrive_is_told() -> None:
    """A refused secret is told with the header that something in front may have taken away."""
    with (
        MockGateway(secret=SECRET) as gateway,
        proxied(gateway.url, _without_secret) as url,
        pytest.raises(PreflightError, match=f"takes the header {GATEWAY.auth_header} away"),
    ):
        look(GATEWAY, url, SECRET, "auto")
