"""The causes that detectors see in errors that come from something before the service, on made-up exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from made_up_exchanges import JSON, LIST, ONE, Exchanges, failed, made_up_exchanges, only, told

from contract_tests.engine.diagnosis import answers, bodies, operations, state
from contract_tests.engine.diagnosis.groups import groups
from contract_tests.engine.state_signs import StateSigns

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


def test_a_missing_header_of_an_error_is_not_told(exchanges: Exchanges) -> None:
    """An error where headers of success are required is not told as a missing header."""
    wanted = "the upstream's answer, with X-RateLimit headers"
    refused = [failed(exchanges.of(status=403, text=name), name, wanted) for name in ("rate", "quota")]
    ((cause, _),) = groups(exchanges.evidence([], *refused), refused)
    assert cause.kind == "expectation"
    passed = [failed(exchanges.of(text=name), name, wanted) for name in ("rate", "quota")]
    ((cause, _),) = groups(exchanges.evidence([], *passed), passed)
    assert cause.kind == "no-header"


def test_long_answers_that_are_compressed_are_told(exchanges: Exchanges) -> None:
    """A compression of few answers, as of long ones, is a cause of the failures at these."""
    compressed = [exchanges.of("GET", LIST, 200, "[]\n", JSON, ("Content-Encoding", "gzip"))] * 3
    cause = only(answers.encodings(exchanges.evidence([*[exchanges.of()] * 50, *compressed])))
    assert "gzip), although no request accepts that (3 of 53 answers)" in cause.summary
    assert cause.explains(failed(compressed[0]))


def test_queries_that_a_cache_ignores_are_told(exchanges: Exchanges) -> None:
    """If a reload waits as its query asks, queries come, and are told to change no answer."""
    signs = StateSigns(created=12, updated=12, deleted=12, drops_queries=True)
    cause, *_ = state.state(exchanges.evidence([exchanges.of()], signs=signs))
    assert cause.kind == "queries-dropped"
    assert "as with a cache" in cause.summary
    queried = [
        exchanges.of("GET", target) for target in ("/tyk/schema?oasVersion=0", "/tyk/reload?block=true")
    ]
    assert [cause.explains(failed(exchange)) for exchange in queried] == [True, False]


def test_a_member_that_updates_lose_is_told(exchanges: Exchanges) -> None:
    """One member that has another type is named, with the updates before it if it always follows one."""
    update = exchanges.of("PUT", ONE, 200, "{}")
    failures = []
    for _ in range(3):
        answer = exchanges.of("GET", ONE, 200, '{"tags":null,"urls":["b"]}\n')
        failures.append(
            replace(failed(answer, body='{"tags":["a"],"urls":["b"]}\n'), exchanges=(update, answer))
        )
    assert told(bodies.bodies(exchanges.evidence([], *failures)))[0] == (
        "member-retyped",
        "The member 'tags' is null, not a list (3 of 3 answers whose body differs, each after an update).",
    )
    others = [failed(exchanges.of(text='{"tags":null}\n'), body='{"tags":["a"]}\n') for _ in range(3)]
    assert told(bodies.bodies(exchanges.evidence([], *others)))[0] == (
        "type-changed",
        "Lists are answered as nulls (3 of 3 answers whose body differs).",
    )
