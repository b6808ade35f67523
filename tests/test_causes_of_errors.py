"""The causes that detectors see in errors that come from something before the service, on made-up exchanges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from made_up_exchanges import JSON, LIST, ONE, Exchanges, failed, made_up_exchanges, told

from contract_tests.engine.diagnosis import answers, operations

DONE = '{"key":"p1","status":"ok","action":"added"}\n'


@pytest.fixture(scope="module", name="exchanges")
def _exchanges() -> Iterator[Exchanges]:
    with made_up_exchanges() as exchanges:
        yield exchanges


def test_another_status_of_errors_is_no_occasional_error(exchanges: Exchanges) -> None:
    """One undeclared error where another one is required is told as that difference, and not as a chance."""
    missing = [exchanges.of("GET", ONE, 400, "no policy"), exchanges.of("GET", ONE, 400, "no policy")]
    log = [*missing, exchanges.of("GET", ONE), exchanges.of()]
    failures = [failed(exchange, expected="404 no policy") for exchange in missing]
    assert told(operations.occasional_errors(exchanges.evidence(log, *failures))) == []
    failures = [failed(exchange, expected="200 {}") for exchange in missing]
    assert len(told(operations.occasional_errors(exchanges.evidence(log, *failures)))) == 1


def test_a_page_of_a_firewall_is_an_occasional_error(exchanges: Exchanges) -> None:
    """A page at some requests, with one declared status and an id of its own, is told with those requests."""
    html = ("Content-Type", "text/html")
    pages = [exchanges.of("POST", LIST, 403, f"<html>blocked {n}</html>", html) for n in (12345, 67890)]
    log = [*pages, exchanges.of("POST", LIST, 200, DONE), exchanges.of()]
    (cause,) = operations.occasional_errors(exchanges.evidence(log))
    assert "403: <html>blocked 12345</html>: 2 of 4" in cause.summary
    assert [cause.explains(failed(exchange)) for exchange in log] == [True, True, False, False]


def test_writes_that_are_redirected_are_a_dead_operation(exchanges: Exchanges) -> None:
    """An operation that always sends its client elsewhere is told with the goal."""
    log = [exchanges.of("POST", LIST, 302, "", ("Location", "https://sso.test/"))] * 2
    assert told(operations.dead_operations(exchanges.evidence(log))) == [
        ("dead-operation", "POST /tyk/policies always answers 302: to https://sso.test/.")
    ]


def test_errors_as_text_are_seen(exchanges: Exchanges) -> None:
    """Errors with a content type that is not declared for them are told, and those of the service are not."""
    text = ("Content-Type", "text/plain")
    log = [exchanges.of("GET", ONE, 404, "error", text) for _ in range(3)]
    (cause,) = answers.types_of_errors(exchanges.evidence(log))
    assert cause.summary.startswith("Errors are answered as text/plain, not application/json")
    assert cause.explains(failed(log[0]))
    assert (
        told(answers.types_of_errors(exchanges.evidence([exchanges.of("GET", ONE, 404, "{}", JSON)] * 3)))
        == []
    )
