"""A server that limits the rate of requests is waited for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from serving import verify

from contract_tests.engine.managed_paths import managed_paths
from mockserver import MockGateway
from mockserver.contract.openapi import Contract
from mockserver.contract.versions import GatewayVersion
from mockserver.http import pacing
from mockserver.http.client import Client
from mockserver.http.deadline import Deadline
from mockserver.http.pacing import Pacer

SECRET = "pace-secret"


@pytest.fixture(name="gateway")
def _gateway() -> Iterator[MockGateway]:
    with MockGateway(secret=SECRET) as gateway:
        yield gateway


def test_a_limited_request_is_sent_again(gateway: MockGateway) -> None:
    """A request that is answered with 429 is sent again after the time that the server says."""
    waits: list[float] = []
    pacer = Pacer(sleep=waits.append)
    gateway.fault("*", status=429, headers={"Retry-After": "2"}, times=2)
    with Client(gateway.url, pacer=pacer) as client:
        assert client.send("GET", "/hello").status == 200
    assert waits == [2, 2]
    assert pacer.note == "the server limited the requests: paced 2 times, 4.0 s"


@pytest.mark.parametrize(("headers", "status"), [({"Retry-After": "1"}, 200), ({}, 503)])
def test_a_server_that_is_overloaded_is_waited_for_if_it_asks(
    gateway: MockGateway, headers: dict[str, str], status: int
) -> None:
    """An answer of 503 is waited for if it says how long, and is an answer like any other if not."""
    gateway.fault("*", status=503, headers=headers, times=1)
    with Client(gateway.url, pacer=Pacer(sleep=lambda _: None)) as client:
        assert client.send("GET", "/hello").status == status


def test_a_client_without_a_pacer_takes_a_limit_as_an_answer(gateway: MockGateway) -> None:
    """A client that has no pacer returns an answer of 429 as any other."""
    gateway.fault("*", status=429, times=1)
    with Client(gateway.url) as client:
        assert client.send("GET", "/hello").status == 429


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("3", 3), ("0", pacing.SHORTEST_WAIT), ("", 0.5), ("soon", 0.5), ("nan", 0.5)],
)
def test_the_wait_is_what_the_server_says(retry_after: str, seconds: float) -> None:
    """The wait is that of Retry-After, or half a second if it says none."""
    waits: list[float] = []
    assert Pacer(sleep=waits.append).waits("/", 1, retry_after, None)
    assert waits == [seconds]


def test_a_date_is_a_wait_too() -> None:
    """A Retry-After that is a date is waited for."""
    waits: list[float] = []
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    assert Pacer(sleep=waits.append).waits("/", 1, moment, None)
    assert 15 < waits[0] <= 20


def test_waits_are_bounded() -> None:
    """No wait is longer than the time that is left, none than the bound, and all together are bounded too."""
    pacer = Pacer(sleep=lambda _: None)
    assert not pacer.waits("/", 1, "31", None)
    assert not pacer.waits("/", 1, "5", Deadline(4))
    while pacer.waits("/", 1, "30", None):
        pass
    assert pacer.seconds == pacing.LONGEST_OF_RUN


def test_a_server_that_always_limits_is_not_waited_for_again(gateway: MockGateway) -> None:
    """After one request whose attempts were all refused, no further one is waited for."""
    waits: list[float] = []
    gateway.fault("*", status=429, times=0)
    with Client(gateway.url, pacer=Pacer(sleep=waits.append)) as client:
        assert [client.send("GET", "/hello").status for _ in range(3)] == [429] * 3
    assert waits == [0.5, 1, 2, 4]


def test_requests_to_apis_are_not_repeated() -> None:
    """An answer of 429 to a request to an API is the limit of a policy, and is never waited for."""
    is_managed = managed_paths(Contract.load(GatewayVersion(5, 12, 0)))
    assert all(map(is_managed, ("/tyk/policies", "/tyk/policies/a?b", "/hello", "/tyk/reload/?block=true")))
    assert not any(map(is_managed, ("/tyk-contract-00000000-1/", "/orders", "/hello2", "/")))
    assert not Pacer(is_managed, sleep=lambda _: None).waits("/orders", 1, "0", None)


@pytest.mark.slow
def test_verify_paces_itself(gateway: MockGateway) -> None:
    """A gateway that limits some requests conforms, and the report says how often the run has waited."""
    gateway.fault("addPolicy", status=429, headers={"Retry-After": "0"}, times=5)
    done = verify(gateway.url, "--quick", TYK_GW_SECRET=SECRET)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the server limited the requests: paced" in done.stdout


@pytest.mark.parametrize(
    "moment", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2030 00:00:00 +99999999999999"]
)
def test_a_date_that_cannot_be_is_none(gateway: MockGateway, moment: str) -> None:
    """A Retry-After with a number that no date has is passed over, and does not end the command."""
    waits: list[float] = []
    gateway.fault("*", status=429, headers={"Retry-After": moment}, times=1)
    with Client(gateway.url, pacer=Pacer(sleep=waits.append)) as client:
        assert client.send("GET", "/hello").status == 200
    assert waits == [pacing.UNSAID]
