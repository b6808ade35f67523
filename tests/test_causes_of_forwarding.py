"""The causes that detectors see in requests to APIs and in lost members, on made-up exchanges."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from made_up_exchanges import HEADER, JSON, LIST, ONE, Exchanges, failed, made_up_exchanges, only, told

from contract_tests.engine.diagnosis import answers, bodies, forwarded, history, lost_members, requests, state
from contract_tests.engine.diagnosis.groups import groups
from contract_tests.engine.diagnosis.secret import secret
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.failure import Failure
from contract_tests.engine.state_signs import StateSigns

ERROR = '{"status":"error","message":"no"}\n'


@pytest.fixture(scope="module", name="exchanges")
def _exchanges() -> Iterator[Exchanges]:
    with made_up_exchanges() as exchanges:
        yield exchanges


def _forwarded(exchanges: Exchanges, sent: str, came: str, status: int = 200) -> Exchange:
    """A request to an API with one credential, whose upstream shows another one."""
    text = json.dumps({"method": "GET", "headers": {"authorization": came} if came else {}})
    path = f"/{exchanges.run.ownership.run}-1/a"
    return exchanges.of("GET", path, status, text, JSON, sent=(("Authorization", sent),))


@pytest.mark.parametrize(
    ("came", "words"),
    [
        (["basic abc", "bearer xyz"], "in lower case"),
        (["Bearer sidecar"] * 2, "as 'Bearer sidecar', whatever was sent"),
        (["Basic x", "Bearer y"], "changed"),
    ],
)
def test_credentials_that_come_changed_are_one_cause(
    exchanges: Exchanges, came: Sequence[str], words: str
) -> None:
    """A header Authorization that no request had, and that upstreams show, is why requests to APIs fail."""
    sent = ("Basic aBc", "Bearer xYz")
    log = [_forwarded(exchanges, *pair) for pair in zip(sent, came, strict=True)]
    cause = only(forwarded.changed_credentials(exchanges.evidence(log)))
    assert (cause.kind, words in cause.summary) == ("credentials-changed", True), cause.summary
    assert cause.explains(failed(log[0]))
    assert not cause.explains(failed(exchanges.of()))
    same = [_forwarded(exchanges, value, value) for value in sent]
    taken = [_forwarded(exchanges, value, "") for value in sent]
    assert told(forwarded.changed_credentials(exchanges.evidence([*same, *taken]))) == []


def test_answers_of_other_clients_are_a_cache(exchanges: Exchanges) -> None:
    """Answers that show the credential of an earlier request to the same path are those of a cache before APIs."""
    first = _forwarded(exchanges, "alice", "alice")
    others = [_forwarded(exchanges, name, "alice") for name in ("bob", "carol", "dave")]
    cause = only(forwarded.shared_answers(exchanges.evidence([first, *others])))
    assert cause.kind == "cache"
    assert "3 answers are those of a request with another one" in cause.summary
    assert cause.explains(failed(others[0]))
    assert not cause.explains(failed(exchanges.of()))
    assert told(forwarded.shared_answers(exchanges.evidence([*others, first]))) == []


@pytest.mark.parametrize(
    ("required", "kind"), [("401 with an error", "no-refusals"), ("429 with an error", "no-limits")]
)
def test_requests_that_nothing_refuses_are_one_cause(exchanges: Exchanges, required: str, kind: str) -> None:
    """Requests to APIs that must be refused, of which none is, are one cause; one that is refused is no sign of it."""
    log = [_forwarded(exchanges, name, name) for name in "abc"]
    failures = [failed(exchange, expected=required) for exchange in log]
    cause = only(forwarded.unrefused(exchanges.evidence(log, *failures)))
    assert (cause.kind, "3 that must be answered" in cause.summary) == (kind, True), cause.summary
    assert [cause.explains(failure) for failure in (*failures, failed(log[0]))] == [True, True, True, False]
    refused = _forwarded(exchanges, "d", "", int(required[:3]))
    assert told(forwarded.unrefused(exchanges.evidence([*log, refused], *failures))) == []


def _lost(exchanges: Exchanges) -> tuple[list[Exchange], list[Failure]]:
    """Reads that lack the partitions which were written, and a request that failed for them."""
    written = replace(
        exchanges.of("POST", LIST, 200, '{"status":"ok"}\n'), body=b'{"partitions":{"quota":true}}'
    )
    read = exchanges.of("GET", ONE, 200, '{"id":"p1","partitions":{"quota":false}}\n')
    lacking = failed(read, body='{"id":"p1","partitions":{"quota":true}}\n')
    dependent = replace(failed(exchanges.of("GET", "/x")), exchanges=(written, exchanges.of("GET", "/x")))
    return [written, read], [*[replace(lacking) for _ in range(3)], dependent]


def test_a_lost_member_is_one_cause_with_what_depends_on_it(exchanges: Exchanges) -> None:
    """A member that reads never have with a value is the cause of failures of those who sent one."""
    log, failures = _lost(exchanges)
    cause = only(lost_members.lost_members(exchanges.evidence(log, *failures)))
    assert cause.kind == "member-lost"
    assert "loses the member 'partitions' of what is written: 4 of 4 failures" in cause.summary
    assert all(map(cause.explains, failures))
    assert not cause.explains(failed(exchanges.of()))
    shown = exchanges.of("GET", ONE, 200, '{"id":"p2","partitions":{"quota":true}}\n')
    assert told(lost_members.lost_members(exchanges.evidence([*log, shown], *failures))) == []


def test_one_text_that_got_longer_is_told_as_itself(exchanges: Exchanges) -> None:
    """A full stop behind one text is told with that text; behind several texts it is told as an addition."""
    one = [failed(exchanges.of(text='{"message":"done."}\n'), body='{"message":"done"}\n') for _ in range(3)]
    assert "message is done., not done" in only(bodies.bodies(exchanges.evidence([], *one))).summary
    texts = [
        failed(exchanges.of(text=f'{{"message":"{word}."}}\n'), body=f'{{"message":"{word}"}}\n')
        for word in ("done", "gone", "lost")
    ]
    assert "Texts end with '.'" in only(bodies.bodies(exchanges.evidence([], *texts))).summary


def test_line_breaks_of_another_system_are_named(exchanges: Exchanges) -> None:
    """Bodies that end with CR and LF are told as such."""
    failures = [failed(exchanges.of(text="{}\r\n"), body="{}\n") for _ in range(3)]
    assert "Bodies end with CR and LF" in only(bodies.bodies(exchanges.evidence([], *failures))).summary


def test_a_kind_of_request_is_told_before_a_change_that_a_part_of_it_shows(exchanges: Exchanges) -> None:
    """A change of bodies that only answers to PUT show is none of its own if most answers to PUT are wrong."""
    added = [
        failed(exchanges.of("PUT", ONE, 200, '{"action":"added"}\n'), f"b{n}", body='{"action":"modified"}\n')
        for n in range(3)
    ]
    others = [failed(exchanges.of("PUT", ONE, 405, ERROR), f"c{n}", "200 {}") for n in range(3)]
    right = [exchanges.of() for _ in range(9)]
    assert told(bodies.bodies(exchanges.evidence(right, *added, *others))) == []
    assert only(requests.traits(exchanges.evidence(right, *added, *others))).kind == "kind-of-request"
    assert only(bodies.bodies(exchanges.evidence(right, *added))).kind == "value-changed"


@pytest.mark.parametrize(
    ("method", "body", "words"),
    [
        ("PATCH", b"{}", "with the method PATCH are answered with 405 where 200 is required"),
        ("POST", b'{"apply_policies":["a","b"]}', "with several policies of a key (apply_policies)"),
    ],
)
def test_requests_of_one_kind_are_told(exchanges: Exchanges, method: str, body: bytes, words: str) -> None:
    """Wrong answers to requests of one kind alone are told with that kind, and with their status if it is one."""
    wrong = [replace(exchanges.of(method, LIST, 405, ERROR), body=body) for _ in range(3)]
    failures = [failed(exchange, f"b{n}", "200 {}") for n, exchange in enumerate(wrong)]
    cause = only(requests.traits(exchanges.evidence([exchanges.of() for _ in range(9)], *failures)))
    assert words in cause.summary


def test_a_list_within_one_thing_is_not_cut(exchanges: Exchanges) -> None:
    """Lists in answers to writes, and in those about one thing, have their own length."""
    text = '{"apply_policies":["a","b"]}\n'
    log = [exchanges.of(method, target, 200, text) for method, target in [("POST", LIST), ("GET", ONE)] * 3]
    assert told(answers.lists(exchanges.evidence(log))) == []


def test_pages_of_one_operation_are_told_with_it(exchanges: Exchanges) -> None:
    """HTML pages that one operation alone answers are told with its name."""
    html = ("Content-Type", "text/html")
    pages = [exchanges.of("GET", "/tyk/keys", 200, "<html>blocked</html>", html) for _ in range(3)]
    assert only(answers.pages(exchanges.evidence(pages))).summary.endswith("200, all of GET /tyk/keys.")


def test_one_status_of_different_errors_is_one_group(exchanges: Exchanges) -> None:
    """Errors that must have different statuses and have one are told together."""
    failures = [
        failed(exchanges.of("GET", ONE, 400, f'"{n}"'), f"b{n}", f"{status} no")
        for n, status in enumerate((403, 404, 405))
    ]
    ((cause, group),) = groups(exchanges.evidence([], *failures), failures)
    assert "Errors are answered with status 400 where 403, 404 and 405 are required" in cause.summary
    assert len(group) == 3


def test_headers_that_are_missing_are_one_group(exchanges: Exchanges) -> None:
    """Different headers that answers lack are told together, and one header by itself."""
    failures = [
        failed(exchanges.of(text=f'"{name}"'), f"b{name}", f"{name}: x") for name in ("X-One", "X-Two")
    ]
    ((cause, _),) = groups(exchanges.evidence([], *failures), failures)
    assert cause.summary == "Headers are missing in answers: X-One, X-Two; one is X-One: x"
    same = [failed(exchanges.of(text=f'"{n}"'), f"b{n}", "X-One: x") for n in range(2)]
    ((cause, _),) = groups(exchanges.evidence([], *same), same)
    assert cause.summary.startswith("The header X-One is not as required")


def test_a_refusal_of_two_operations_is_no_open_door(exchanges: Exchanges) -> None:
    """A 400 that answers two operations without the secret alike, and none with it, is a refusal."""
    refused = [exchanges.of("GET", target, 400, ERROR, sent=()) for target in (LIST, ONE, LIST)]
    other = exchanges.of("GET", "/tyk/keys", 403, '"other"', sent=())
    assert told(secret(exchanges.evidence([*refused, other]))) == []
    usual = exchanges.of("GET", ONE, 400, ERROR, sent=(HEADER,))
    assert only(secret(exchanges.evidence([*refused, other, usual]))).kind == "no-secret"


def test_reloads_that_are_left_out_are_told(exchanges: Exchanges) -> None:
    """Updates that one more reload shows were not lost, and the service did not forget: reloads were left out."""
    signs = StateSigns(created=12, updated=12, deleted=12, lost={"update": 12}, loaded_later=12)
    evidence = exchanges.evidence([exchanges.of()], signs=signs)
    cause = next(iter(state.state(evidence)))
    assert cause.kind == "no-reload"
    assert "12 of 12 things that were changed showed it only after one more reload" in cause.summary
    names = [f"{exchanges.run.ownership.run}{number}" for number in range(6)]
    log = [
        *(exchanges.of("POST", LIST, 200, f'{{"key":"{name}","status":"ok"}}') for name in names),
        exchanges.of("GET", "/tyk/reload?block=true"),
        *(exchanges.of("GET", f"{LIST}/{name}", 200, "{}") for name in names[3:]),
        *(exchanges.of("GET", f"{LIST}/{name}", 404, ERROR) for name in names[:3]),
    ]
    assert len(told(history.forgetting(exchanges.evidence(log)))) == 1
    assert told(history.forgetting(exchanges.evidence(log, signs=signs))) == []
