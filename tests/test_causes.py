"""The causes that detectors see in exchanges of a run, each by itself and on made-up exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from made_up_exchanges import JSON, LIST, ONE, SECRET, Exchanges, failed, made_up_exchanges, told, with_status

from contract_tests.engine.diagnosis import (
    answers,
    bodies,
    diagnose,
    history,
    operations,
    secret,
    state,
)
from contract_tests.engine.diagnosis.diagnose import DETECTORS, findings
from contract_tests.engine.state_signs import StateSigns

DONE = '{"key":"p1","status":"ok","action":"added"}\n'
SOUND = StateSigns(created=12, updated=12, deleted=12)


@pytest.fixture(scope="module", name="exchanges")
def _exchanges() -> Iterator[Exchanges]:
    with made_up_exchanges() as exchanges:
        yield exchanges


def test_sound_exchanges_have_no_cause(exchanges: Exchanges) -> None:
    """No detector sees a cause in answers as a sound gateway gives them."""
    sound = [
        exchanges.of(), exchanges.of("POST", LIST, 200, DONE),
        exchanges.of("GET", ONE, 404, '{"status":"error","message":"Policy not found"}\n'), exchanges.of(text="[1]\n"),
        exchanges.of("GET", LIST, 403, '{"status":"error","message":"no"}\n', sent=()),
    ]  # fmt: skip
    evidence = exchanges.evidence(sound, signs=SOUND)
    assert [told(detector(evidence)) for detector in DETECTORS] == [[]] * len(DETECTORS)


def test_silence_is_named_by_its_operation(exchanges: Exchanges) -> None:
    """Requests without an answer are a cause with the operation, their number and the reason."""
    log = [exchanges.of(), exchanges.of("PUT", ONE, failure="no answer within 1 s")]
    (cause,) = operations.silence(exchanges.evidence(log))
    assert cause.kind == "no-answer-in-time"
    assert cause.summary == "PUT /tyk/policies/{polID} got no answer (1 of 2 requests): no answer within 1 s."
    assert [cause.explains(failed(exchange)) for exchange in log] == [False, True]
    closed = [exchanges.of(failure="the connection was closed")]
    assert [kind for kind, _ in told(operations.silence(exchanges.evidence(closed)))] == ["no-answer"]


def test_a_limit_of_the_rate_is_seen(exchanges: Exchanges) -> None:
    """Answers with 429 to several operations are a limit of the rate."""
    log = [
        exchanges.of(),
        exchanges.of("GET", ONE, 429, "slow down"),
        exchanges.of(status=429, text="slow down"),
    ]
    assert told(operations.rate_limit(exchanges.evidence(log))) == [
        ("rate-limited", "The rate of requests is limited: 2 of 3 requests were answered 429: slow down.")
    ]


@pytest.mark.parametrize(
    ("status", "text", "detector", "other"),
    [
        (503, "down", operations.dead_operations, operations.refusing_operations),
        (
            403,
            '{"status":"error","message":"no"}',
            operations.refusing_operations,
            operations.dead_operations,
        ),
    ],
    ids=["undeclared", "declared"],
)
def test_a_dead_operation_is_seen(
    exchanges: Exchanges, status: int, text: str, detector: Any, other: Any
) -> None:
    """An operation that always answers one error is dead, whether its error is declared or not."""
    log = [
        exchanges.of(status=status, text=text),
        exchanges.of(status=status, text=text),
        exchanges.of(target=ONE),
    ]
    (cause,) = detector(exchanges.evidence(log))
    assert cause.summary == f"GET /tyk/policies always answers {status}: {text}."
    assert [cause.explains(failed(exchange)) for exchange in log] == [True, True, False]
    assert told(other(exchanges.evidence(log))) == []


def test_errors_now_and_then_are_seen(exchanges: Exchanges) -> None:
    """One error at some requests of operations that also succeed is no dead operation."""
    log = [
        exchanges.of(), exchanges.of(status=502, text="bad"),
        exchanges.of(target=ONE), exchanges.of("GET", ONE, 502, "bad"),
    ]  # fmt: skip
    evidence = exchanges.evidence(log)
    (cause,) = operations.occasional_errors(evidence)
    assert (cause.kind, "2 of 4" in cause.summary) == ("occasional-errors", True)
    assert told(operations.dead_operations(evidence)) == []


@pytest.mark.parametrize(
    ("detector", "headers", "text", "kind", "part"),
    [
        (answers.encodings, (JSON, ("Content-Encoding", "gzip")), "[]\n", "compressed", "gzip"),
        (
            answers.content_types,
            (("Content-Type", "text/plain"),),
            "[]\n",
            "content-type",
            "is text/plain, not",
        ),
        (answers.content_types, (("X-Other", "1"),), "[]\n", "content-type", "is none, not"),
        (answers.pages, (("Content-Type", "text/html"),), "<html>", "html", "3 answers with status 200"),
        (answers.lists, (JSON,), "[1,2]\n", "list-cut", "never answers more than 2 items"),
        (history.cache_headers, (JSON, ("Age", "7")), "[]\n", "cache", "3 answers tell their Age"),
    ],
    ids=["encodings", "content types", "no content type", "pages", "lists", "ages"],
)
def test_a_change_of_all_answers_is_seen(
    exchanges: Exchanges, detector: Any, headers: tuple[tuple[str, str], ...], text: str, kind: str, part: str
) -> None:
    """A trait of all answers that a gateway never has is the cause of what fails at them."""
    log = [exchanges.of("GET", LIST, 200, text, *headers) for _ in range(3)]
    (cause,) = detector(exchanges.evidence(log))
    assert cause.kind == kind
    assert part in cause.summary
    if detector is not history.cache_headers:
        assert cause.explains(failed(log[0]))


def test_answers_from_the_past_betray_a_cache(exchanges: Exchanges) -> None:
    """Answers with a Date before their request come from a cache; those of requests side by side do not."""
    made = [
        replace(
            exchanges.of("GET", LIST, 200, "[]\n", JSON, ("Date", f"Sat, 28 Nov 2026 09:00:0{n} GMT")),
            asked=100.0 + n,
            seconds=0.1,
        )
        for n in (1, 2, 3)
    ]
    stale = replace(made[0], asked=103.5)
    (cause,) = history.cache_headers(exchanges.evidence([*made, stale, made[2]]))
    assert cause.kind == "cache"
    assert "1 answers have a Date before that of their requests" in cause.summary
    slow = replace(made[0], asked=100.9, seconds=2.5)
    assert told(history.cache_headers(exchanges.evidence([*made, slow, made[2], made[1]]))) == []


@pytest.mark.parametrize(
    ("required", "came", "kind", "sentence"),
    [
        ('{"a":1}\n', '{"a":1,"b":2}\n', "member-added", "A member 'b' is added to objects"),
        ('{"a":1,"b":2}\n', '{"a":1}\n', "member-dropped", "The member 'b' is missing in objects"),
        ('{"a":1,"b":0}\n', '{"a":1}\n', "members-dropped", "are left out"),
        ('{"a":1}\n', '{"a":"1"}\n', "type-changed", "Numbers are answered as texts"),
        ('{"a":"x"}\n', '{"a":"y"}\n', "value-changed", "a is y, not x"),
        ('{"a":1,"b":2}\n', '{"b":2,"a":1}\n', "reformatted", "in another order"),
        ('{"a":1}\n', '{"a": 1}\n', "reformatted", "other white space"),
        ('{"a":1}\n', '{"a":1}', "reformatted", "without a line break"),
        ('{"a":5}\n', '{"a":5.0}\n', "reformatted", "with a decimal point"),
        ('{"a":1}\n', "oops", "body", "Bodies are not JSON, as oops"),
    ],
)
def test_a_change_of_bodies_is_seen(
    exchanges: Exchanges, required: str, came: str, kind: str, sentence: str
) -> None:
    """What most bodies differ in from the required ones is one cause, told once with its kind."""
    failures = [failed(exchanges.of(text=came), body=required) for _ in range(3)]
    causes = list(bodies.bodies(exchanges.evidence([], *failures)))
    assert kind in [cause.kind for cause in causes]
    assert any(sentence in cause.summary for cause in causes)
    assert all(cause.explains(failures[0]) for cause in causes)
    assert told(bodies.bodies(exchanges.evidence([], *failures[:2]))) == []


STATES: dict[str, tuple[StateSigns, str, str]] = {  # what the probe saw, the kind, and a part of the sentence
    "nothing is kept": (StateSigns(created=12, lost={"create": 12}), "keeps-nothing", "12 of 12 writes"),
    "nothing is loaded": (StateSigns(created=12, lost={"create": 12}, denies_unknown=True), "no-reload", "not reload"),
    "creates are lost": (replace(SOUND, lost={"create": 2}), "lost-writes", "2 of 12 things that were created"),
    "no update": (replace(SOUND, lost={"update": 12}), "lost-writes", "answers each update as done"),
    "a reload that forgets": (replace(SOUND, forgotten=6), "forgets", "6 things could be read before it"),
    "updates that remove": (replace(SOUND, vanished=6), "forgets", "6 of 12 that the gateway answered as updated"),
    "refused and done": (StateSigns(refused=12, refused_but_done=12), "refused-but-done", "12 of 12"),
    "a second delete": (replace(SOUND, lost={"delete": 12}, removed_later=12), "lost-writes", "a second one removes"),
    "a cache": (replace(SOUND, stale_if_read=6, seconds=1.5), "cache", "for about 1.5 s"),
    "two by turns": (replace(SOUND, alternates=True, never_settles=True), "divided", "do not share"),
    "a lag by turns": (replace(SOUND, alternates=True, seconds=0.7), "lag", "alternate for about 0.7 s"),
    "a lag": (replace(SOUND, stale_if_read=6, stale_if_not_read=6, seconds=0.9), "lag", "about 0.9 s later"),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_the_state_tells_its_cause(exchanges: Exchanges, name: str) -> None:
    """What a service keeps, loses, loads or shows late is the cause of failures after writes, and of no others."""
    signs, kind, part = STATES[name]
    (cause, *_) = state.state(exchanges.evidence([exchanges.of()], signs=signs))
    assert (cause.kind, part in cause.summary) == (kind, True), cause.summary
    assert cause.explains(failed(exchanges.of("POST", LIST, 200, DONE)))
    assert not cause.explains(failed(exchanges.of()))


def test_dropped_queries_are_seen(exchanges: Exchanges) -> None:
    """Queries that change nothing are the cause of failures at them, and not of a lag after a reload."""
    signs = replace(SOUND, drops_queries=True, seconds=0.9)
    cause, *_ = state.state(exchanges.evidence([exchanges.of()], signs=signs))
    assert (cause.kind, "without block=true" in cause.summary) == ("queries-dropped", True)
    queried = failed(exchanges.of("GET", "/tyk/reload?block=true"))
    assert [cause.explains(failure) for failure in (queried, failed(exchanges.of()))] == [True, False]


def test_a_service_without_a_secret_is_seen(exchanges: Exchanges) -> None:
    """Requests without the right secret that are let in tell that none is asked for, or none for reads."""
    wrong = (("X-Tyk-Authorization", "wrong"),)
    reads = [exchanges.of(sent=()), exchanges.of(sent=wrong)]
    writes = [
        exchanges.of("POST", LIST, 200, DONE, sent=()),
        exchanges.of("DELETE", ONE, 404, "no such policy", sent=wrong),
    ]
    refused = [with_status(exchange, 403) for exchange in writes]
    assert [kind for kind, _ in told(secret.secret(exchanges.evidence([*reads, *writes])))] == ["no-secret"]
    (cause,) = secret.secret(exchanges.evidence([*reads, *refused]))
    assert cause.kind == "reads-need-no-secret"
    assert cause.explains(failed(reads[0]))
    assert not cause.explains(failed(exchanges.of()))


def test_each_failure_is_in_one_finding(exchanges: Exchanges) -> None:
    """A failure that two causes explain is in the finding of the first, and what none explains is grouped."""
    dead = [exchanges.of(status=503, text="down") for _ in range(3)]
    others = [failed(exchanges.of(target=ONE), f"b{number}", "a header") for number in range(2)]
    failures = [failed(exchange, f"a{number}") for number, exchange in enumerate(dead)] + others
    found = findings(exchanges.evidence(dead, *failures))
    names = [name for finding in found for name in finding.behaviours]
    assert sorted(names) == ["a0", "a1", "a2", "b0", "b1"]
    assert found[0].cause == "dead-operation"
    assert found[0].behaviours == ("a0", "a1", "a2")


@pytest.mark.parametrize("broken", ["a detector", "the grouping"])
def test_a_defect_of_the_diagnosis_costs_one_cause_only(
    exchanges: Exchanges, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """What a detector or the grouping stumbles over is told last, and every failure is still in a finding."""

    def stumble(*_: Any) -> Any:
        raise KeyError("odd")

    if broken == "a detector":
        monkeypatch.setattr(diagnose, "DETECTORS", (stumble, *DETECTORS))
    else:
        monkeypatch.setattr(diagnose, "groups", stumble)
    dead = [exchanges.of(status=503, text="down") for _ in range(3)]
    failures = [failed(exchange, f"a{number}") for number, exchange in enumerate(dead)]
    failures += [failed(exchanges.of(target=ONE), name, "a header") for name in ("b", "c")]
    found = findings(exchanges.evidence(dead, *failures))
    assert found[0].cause == "dead-operation"
    assert sorted(name for finding in found for name in finding.behaviours) == ["a0", "a1", "a2", "b", "c"]
    assert found[-1].cause == "suite"
    assert "defect of tyk-contract (test_causes.py:" in found[-1].summary
    assert "KeyError: 'odd'" in found[-1].summary


def test_a_cause_tells_no_secret(exchanges: Exchanges) -> None:
    """A sentence that quotes an answer has no secret of the run."""
    log = [exchanges.of(status=503, text=f"got {SECRET}") for _ in range(3)]
    (cause,) = operations.dead_operations(exchanges.evidence(log))
    assert SECRET not in cause.summary
