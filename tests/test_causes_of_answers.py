"""The causes that detectors see in whole answers, in requests, and in what a service keeps, on made-up exchanges."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace

import pytest
from made_up_exchanges import (
    HEADER,
    JSON,
    LIST,
    ONE,
    Exchanges,
    failed,
    made_up_exchanges,
    only,
    told,
    with_status,
)

from contract_tests.engine.diagnosis import (
    answers,
    bodies,
    history,
    operations,
    requests,
    secret,
    sizes,
    state,
)
from contract_tests.engine.diagnosis.diagnose import findings
from contract_tests.engine.failure import Failure
from contract_tests.engine.state_signs import StateSigns
from mockserver.http.client import Answer

HTML = ("Content-Type", "text/html")
ERROR = '{"status":"error","message":"no"}\n'
SOUND = StateSigns(created=12, updated=12, deleted=12, listed=12)


@pytest.fixture(scope="module", name="exchanges")
def _exchanges() -> Iterator[Exchanges]:
    with made_up_exchanges() as exchanges:
        yield exchanges


def test_errors_with_a_status_of_success_are_seen(exchanges: Exchanges) -> None:
    """Answers with 200 whose bodies say that they are errors are a cause, and the same with 404 are none."""
    log = [exchanges.of("GET", ONE, 200, ERROR) for _ in range(3)]
    cause = only(answers.errors_as_success(exchanges.evidence(log)))
    assert (cause.kind, "3 of 3" in cause.summary) == ("errors-as-success", True)
    assert cause.explains(failed(log[0]))
    sound = [exchanges.of("GET", ONE, 404, ERROR) for _ in range(3)]
    assert told(answers.errors_as_success(exchanges.evidence(sound))) == []


def test_bodies_that_are_cut_off_are_seen(exchanges: Exchanges) -> None:
    """JSON that ends within itself at one length is told with the length, and longer JSON speaks against it."""
    cut = [exchanges.of("GET", ONE, text='{"id":"p1","na') for _ in range(3)]
    cause = only(answers.broken_json(exchanges.evidence([exchanges.of(), *cut])))
    assert (cause.kind, "after 14 bytes" in cause.summary) == ("body-cut", True)
    longer = exchanges.of("GET", ONE, text='{"id":"p1","name":"gold"}\n')
    assert told(answers.broken_json(exchanges.evidence([longer, *cut]))) == []


def test_what_stands_before_json_is_seen(exchanges: Exchanges) -> None:
    """A few characters before the JSON of most answers are told."""
    cause = only(
        answers.broken_json(exchanges.evidence([exchanges.of(text=")]}',\n[]\n") for _ in range(3)]))
    )
    assert (cause.kind, repr(")]}',\n") in cause.summary) == ("body-prefixed", True)


def test_what_stands_behind_json_is_seen(exchanges: Exchanges) -> None:
    """Text behind the JSON of most answers is told."""
    log = [exchanges.of(text="[]\n<!-- cached -->") for _ in range(3)]
    cause = only(answers.broken_json(exchanges.evidence(log)))
    assert (cause.kind, "behind the JSON of answers: '<!-- cached -->'" in cause.summary) == (
        "body-suffixed",
        True,
    )


def test_bodies_that_come_twice_are_seen(exchanges: Exchanges) -> None:
    """JSON that answers have twice is told so, whatever it is."""
    log = [exchanges.of("GET", ONE, text=f'{{"n":{n}}}\n' * 2) for n in range(3)]
    cause = only(answers.broken_json(exchanges.evidence(log)))
    assert "behind the JSON of answers: 'the same once more'" in cause.summary


def test_answers_of_other_requests_are_seen(exchanges: Exchanges) -> None:
    """Answers that name what another request asks for are told, and one that renames a thing is not."""
    paths = [f"{LIST}/p{n}" for n in range(4)]
    right = [exchanges.of("GET", f"{LIST}/q", 200, '{"id":"q"}')] * 5
    swapped = [exchanges.of("GET", path, 200, f'{{"id":"p{(n + 1) % 4}"}}') for n, path in enumerate(paths)]
    cause = only(history.mixed(exchanges.evidence([*swapped, *right])))
    assert "4 name another thing than is asked for, as GET /tyk/policies/p0" in cause.summary
    assert cause.explains(failed(swapped[0]))
    renamed = [exchanges.of("GET", path, 200, f'{{"id":"x{n}"}}') for n, path in enumerate(paths)]
    assert told(history.mixed(exchanges.evidence([*renamed, *right]))) == []
    same = [exchanges.of("GET", path, 200, '{"id":"p0"}') for path in paths]
    assert told(history.mixed(exchanges.evidence([*same, *right]))) == []


def test_a_page_to_log_in_is_seen(exchanges: Exchanges) -> None:
    """Pages with 200 that answer requests without the right secret alone are those of a login."""
    pages = [exchanges.of("GET", LIST, 200, "<form>", HTML, sent=()) for _ in range(3)]
    cause = only(answers.pages(exchanges.evidence([exchanges.of(), *pages])))
    assert "without the right secret are not refused but answered 200" in cause.summary
    with_secret = exchanges.of("GET", LIST, 200, "<form>", HTML)
    assert (
        "Requests are answered with HTML"
        in only(answers.pages(exchanges.evidence([*pages, with_secret]))).summary
    )


def test_a_list_in_an_object_is_seen(exchanges: Exchanges) -> None:
    """An object with a list, where the contract declares an array, is told."""
    log = [exchanges.of(text='{"policies":[],"pages":0}\n') for _ in range(3)]
    assert only(answers.wrapped_lists(exchanges.evidence(log))).kind == "list-wrapped"
    assert told(answers.wrapped_lists(exchanges.evidence([*log, exchanges.of()]))) == []


def test_a_compression_without_its_header_is_seen(exchanges: Exchanges) -> None:
    """Bodies that begin as compressed ones do are told, if no header says that they are."""
    packed = Answer.of(200, (JSON,), gzip.compress(b"[]\n"))
    log = [replace(exchanges.of(), answer=packed) for _ in range(3)]
    assert "compressed (gzip), and no header" in only(answers.encodings(exchanges.evidence(log))).summary


def test_an_object_around_all_answers_is_seen(exchanges: Exchanges) -> None:
    """An object with the same members around different answers is told; one canned answer is not."""
    log = [exchanges.of(text=f'{{"data":[{n}],"took":{n}}}\n') for n in range(12)]
    cause = only(answers.envelopes(exchanges.evidence(log)))
    assert (cause.kind, "'data', 'took': 12 of 12" in cause.summary) == ("wrapped", True)
    assert cause.explains(failed(log[0]))
    assert told(answers.envelopes(exchanges.evidence([log[0]] * 12))) == []


def test_a_limit_of_sizes_is_seen(exchanges: Exchanges) -> None:
    """One error at all requests from a size on is told with the sizes, unless a longer one is taken."""
    sent = [replace(exchanges.of("POST", LIST, 200, "{}"), body=b"x" * n) for n in (10, 80, 300, 400)]
    log = [*sent[:2], *(with_status(exchange, 413) for exchange in sent[2:])]
    cause = only(sizes.sizes(exchanges.evidence(log)))
    assert cause.kind == "size-limit"
    assert "with a body of 300 bytes or more are answered 413" in cause.summary
    assert "up to 80 bytes are not" in cause.summary
    assert [cause.explains(failed(exchange)) for exchange in (log[0], log[3])] == [False, True]
    longer = replace(sent[0], body=b"x" * 500)
    assert told(sizes.sizes(exchanges.evidence([*log, longer]))) == []
    in_chunks = replace(longer, headers=(("Transfer-Encoding", "chunked"),))  # with a head for each byte
    assert only(sizes.sizes(exchanges.evidence([*log, in_chunks]))).kind == "size-limit"
    assert told(sizes.sizes(exchanges.evidence(log[2:]))) == []


def test_a_repeated_header_is_seen(exchanges: Exchanges) -> None:
    """A Content-Type that most answers have twice is told."""
    log = [exchanges.of("GET", LIST, 200, "[]\n", JSON, JSON) for _ in range(3)]
    assert "Content-Type more than once" in only(answers.repeated_headers(exchanges.evidence(log))).summary


def test_one_error_at_all_apis_is_seen(exchanges: Exchanges) -> None:
    """One error at nearly all requests to APIs of the run tells that none comes to its API."""
    apis = [
        exchanges.of("GET", f"/{exchanges.run.ownership.run}{n}/a", 404, "Not Found", sent=())
        for n in range(10)
    ]
    cause = only(operations.traffic(exchanges.evidence(apis)))
    assert (cause.kind, "404: Not Found (10 of 10)" in cause.summary) == ("no-traffic", True)
    answered = [replace(exchange, answer=exchanges.of().answer) for exchange in apis[:3]]
    assert told(operations.traffic(exchanges.evidence([*apis, *answered]))) == []


def test_operations_with_one_answer_are_one_cause(exchanges: Exchanges) -> None:
    """An error that one operation may answer with, and another not, is one cause if both always do."""
    log = [exchanges.of("POST", LIST, 500, ERROR), exchanges.of("POST", "/tyk/certs", 500, ERROR)] * 2
    cause = only(operations.dead_operations(exchanges.evidence(log)))
    assert "POST /tyk/policies" in cause.summary
    assert "POST /tyk/certs" in cause.summary


def test_a_uniform_refusal_is_no_open_door(exchanges: Exchanges) -> None:
    """A 404 that answers all requests without the secret alike is a refusal; different ones let in."""
    targets = [LIST, ONE, "/tyk/keys", "/tyk/apis"]
    hidden = [exchanges.of("GET", target, 404, ERROR, sent=()) for target in targets]
    assert told(secret.secret(exchanges.evidence(hidden))) == []
    open_ = [exchanges.of("GET", target, 404, f'{{"n":{n}}}', sent=()) for n, target in enumerate(targets)]
    assert only(secret.secret(exchanges.evidence(open_))).kind == "no-secret"


def test_writes_without_a_secret_are_seen(exchanges: Exchanges) -> None:
    """Writes that are carried out without a secret, while reads ask for it, are told."""
    reads = [exchanges.of("GET", LIST, 403, ERROR, sent=()) for _ in range(4)]
    write = exchanges.of("POST", LIST, 200, '{"status":"ok"}', sent=())
    assert only(secret.secret(exchanges.evidence([*reads, write]))).kind == "writes-need-no-secret"


STATES: dict[str, tuple[StateSigns, str, str]] = {  # what the probe saw, the kind, and a part of the sentence
    "writes show early": (replace(SOUND, early=3), "loads-at-once", "shows writes before a reload"),
    "updates are merged": (replace(SOUND, merged=12), "merges", "12 of 12 things"),
    "the list lacks one": (replace(SOUND, unlisted=1), "list-lacks", "lacks 1 of 12 things"),
    "the list repeats": (replace(SOUND, listed_twice=12), "list-repeats", "12 of 12 things more than once"),
    "the list is late": (replace(SOUND, list_seconds=2.5), "lag", "about 2.5 s later"),
    "other ids": (StateSigns(created=12, lost={"create": 12}, other_ids=12), "other-ids", "12 of 12 answers"),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_the_probe_tells_its_cause(exchanges: Exchanges, name: str) -> None:
    """What the probe of the state saw is the cause of failures at reads after writes, and not of sole reads of others."""
    signs, kind, part = STATES[name]
    evidence = exchanges.evidence([exchanges.of()], signs=signs)
    cause = [*state.state(evidence), *state.listing(evidence)][0]
    assert (cause.kind, part in cause.summary) == (kind, True), cause.summary
    writes = (exchanges.of("POST", LIST), exchanges.of("PUT", ONE))
    read = exchanges.of("GET", LIST)
    assert cause.explains(Failure(failed(read).verdict, read, (*writes, read)))
    assert not cause.explains(failed(exchanges.of("GET", ONE)))


def test_lists_that_fail_nothing_hide_no_list_that_lacks_some(exchanges: Exchanges) -> None:
    """Another list that has just as many items each time does not keep the probe from telling what one lacks."""
    others = [exchanges.of("GET", "/tyk/apis/oas", text='[{"info":{}},{"info":{}}]') for _ in range(3)]
    failure = failed(exchanges.of("GET", LIST))
    evidence = exchanges.evidence(others, failure, signs=replace(SOUND, unlisted=1))
    assert told(answers.lists(evidence)) != []
    assert only(state.listing(evidence)).kind == "list-lacks"


def test_what_is_gone_is_seen(exchanges: Exchanges) -> None:
    """Things that are loaded and later not found, with all older ones, are forgotten, unless a write removed them."""
    names = [f"{exchanges.run.ownership.run}{number}" for number in range(6)]
    made = [exchanges.of("POST", LIST, 200, f'{{"key":"{name}","status":"ok"}}') for name in names]
    load = exchanges.of("GET", "/tyk/reload?block=true")
    seen = [exchanges.of("GET", f"{LIST}/{name}", 200, "{}") for name in names]
    gone = [exchanges.of("GET", f"{LIST}/{name}", 404, ERROR) for name in names]
    removed = [exchanges.of("DELETE", f"{LIST}/{name}", 200, "{}") for name in names]
    log = [*made, load, *seen[3:], *gone[:3]]
    assert "3 things" in only(history.forgetting(exchanges.evidence(log))).summary
    assert told(history.forgetting(exchanges.evidence([*made, load, *seen, *removed, *gone]))) == []
    assert told(history.forgetting(exchanges.evidence([*made, load, *gone[3:], *seen[:3]]))) == []
    assert told(history.forgetting(exchanges.evidence([*made, *seen[3:], *gone[:3]]))) == []
    updates = [exchanges.of("PUT", exchange.target, 200, "{}") for exchange in gone]
    assert told(history.forgetting(exchanges.evidence([*made, *updates, load, *seen[3:], *gone[:3]]))) == []


def test_a_trait_of_the_wrong_requests_is_seen(exchanges: Exchanges) -> None:
    """What nearly all requests with wrong answers have in common, and few others, is told."""
    right = [exchanges.of() for _ in range(9)]
    heads = [exchanges.of("HEAD", LIST, 405, "") for _ in range(3)]
    failures = [failed(exchange, f"b{number}") for number, exchange in enumerate(heads)]
    evidence = exchanges.evidence([*right, *heads], *failures)
    assert "Requests with the method HEAD" in only(requests.traits(evidence)).summary
    rows = [failed(exchange) for exchange in heads]  # of one behaviour
    assert told(requests.traits(exchanges.evidence([*right, *heads], *rows))) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"rate":1}\n', "members-dropped"), ('{"tags":null,"rate":1}\n', "type-changed"),
        ('{"tags":{},"Tags":[]}\n', "type-changed"), ('{"Tags":[],"rate":1}\n', "members-renamed"), ("[1]\n", "type-changed"), ('{"tags":[],"x":1}\n', ""),
    ],
)  # fmt: skip
def test_a_change_of_required_members_is_seen(exchanges: Exchanges, text: str, kind: str) -> None:
    """A failure that requires some members of a body shows a change of these, and of no others."""
    failures = [replace(failed(exchanges.of(text=text)), members={"tags": []}) for _ in range(3)]
    kinds = [cause.kind for cause in bodies.bodies(exchanges.evidence([], *failures))]
    assert kind in kinds if kind else kinds == []


def test_a_value_that_is_always_the_same_is_seen(exchanges: Exchanges) -> None:
    """A member with one value, whatever is required, is told so."""
    failures = [
        failed(exchanges.of(text='{"org_id":"x"}\n'), body=f'{{"org_id":"{required}"}}\n')
        for required in "abc"
    ]
    assert told(bodies.bodies(exchanges.evidence([], *failures)))[0] == (
        "value-fixed", "org_id is x whatever is required (3 of 3 answers whose body differs).",
    )  # fmt: skip


def test_a_paced_limit_is_named(exchanges: Exchanges, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that was waited for at the operations is the cause of refused requests to APIs."""
    refused = exchanges.of("GET", "/api", 429, "slow down", sent=())
    evidence = exchanges.evidence([exchanges.of()], failed(refused))
    assert told(operations.rate_limit(evidence)) == []
    monkeypatch.setattr(exchanges.run.target.pacer, "count", 7)
    assert "7 more were sent again" in only(operations.rate_limit(evidence)).summary


def test_findings_name_the_root_first(exchanges: Exchanges) -> None:
    """Errors that are told as success come before what they entail, as deletes that seem to do nothing."""
    log = [exchanges.of("GET", ONE, 200, ERROR, HEADER, JSON) for _ in range(3)]
    signs = replace(SOUND, lost={"delete": 12})
    assert findings(exchanges.evidence(log, signs=signs))[0].cause == "errors-as-success"
