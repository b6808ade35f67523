"""Answers that are too large, too deep, or of wrong types are judged in time, and are the gateway's fault."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from urllib.parse import urlsplit

import pytest
from asking import HANGS
from hostile import CHUNKED, answering, dripping, hostile
from serving import error_line, run_command, verify

from contract_tests.engine import generated_requests, mock_process, preflight
from contract_tests.engine.absent_operations import _without_path
from contract_tests.engine.checks import Mismatch
from contract_tests.engine.exchange import Exchange, json_of
from contract_tests.engine.generated_requests import Generator
from contract_tests.engine.helper_process import python
from contract_tests.engine.mock_process import MockError, MockProcess, usable_cores
from contract_tests.engine.schema_judge import MAX_MESSAGE, SchemaJudge
from contract_tests.engine.target import LimitReached
from contract_tests.gateway.builders.apis import Api, expect_upstream_saw
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.service import GATEWAY
from contract_tests.gateway.test_version_apis import _expect_paths
from mockserver import MockGateway
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import select_version
from mockserver.evidence.player import Player, member_of
from mockserver.evidence.recorder import Recorder, RecorderError
from mockserver.golang.json_size import MAX_VALUES
from mockserver.http.auth import Auth
from mockserver.http.client import Answer, Client, TimeOver
from mockserver.http.deadline import Deadline
from mockserver.http.echo_server import Echo
from mockserver.http.messages import Reply, Request
from mockserver.serving.dispatcher import Dispatcher

SECRET = "answers-secret"
JSON = (("Content-Type", "application/json"),)
FOREVER = "import time; time.sleep(60)"


def exchange(body: bytes, status: int = 200, target: str = "/tyk/policies") -> Exchange:
    """A GET and its answer in JSON."""
    return Exchange(
        "GET", target, (), None, Answer.of(status, JSON, body), "", False, "http://host", Auth("X", SECRET)
    )


@pytest.fixture(scope="module", name="contract")
def _contract() -> Contract:
    return Contract.load(select_version("5.12"))


@pytest.mark.parametrize(
    ("pattern", "value"),
    [(rb':\s*("[^"]*"|-?\d+)', b":null"), (rb":\s*-?\d+", b":1e999999"), (rb":\s*-?\d+", b":NaN")],
    ids=["null", "infinite numbers", "NaN"],
)
def test_values_of_wrong_types_are_failures(
    pattern: bytes, value: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong values in all answers make tests fail, and none of them ends with an error of the suite."""
    answer: Callable[..., Reply] = Dispatcher.answer

    def altered(self: Dispatcher, request: Request, *, blocking: bool = True) -> Reply:
        reply = answer(self, request, blocking=blocking)
        is_altered = request.url.path != "/hello"
        return replace(reply, body=re.sub(pattern, value, reply.body)) if is_altered else reply

    monkeypatch.setattr(Dispatcher, "answer", altered)
    with MockGateway(secret=SECRET) as gateway:
        done = verify(gateway.url, "--quick", "--report", tmp_path / "r.json", TYK_GW_SECRET=SECRET)
    assert done.returncode == 1, done.stdout
    verdicts = json.loads((tmp_path / "r.json").read_text())["verdicts"]
    assert [verdict["reason"] for verdict in verdicts if verdict["status"] == "error"] == []


def test_a_long_list_of_wrong_items_is_judged_in_time(contract: Contract) -> None:
    """The first violation of a long answer is found at once, for all of them would take minutes."""
    start = time.monotonic()
    answered = exchange(b"[" + b'{"id":"x"},' * 60_000 + b"{}]")
    violations = SchemaJudge(contract).violations(contract.operations["listPolicies"], answered)
    assert len(violations) == 1
    assert "is a required property" in violations[0]
    assert time.monotonic() - start < HANGS


def test_a_short_answer_has_all_its_violations(contract: Contract) -> None:
    """All violations of a short answer are listed."""
    answered = exchange(b'[{"id":1},{"id":2}]')
    assert len(SchemaJudge(contract).violations(contract.operations["listPolicies"], answered)) > 2


def test_a_violation_does_not_quote_all_of_an_answer(contract: Contract) -> None:
    """The message of a violation is cut, though its validator quotes the whole value."""
    answered = exchange(json.dumps("x" * 100_000).encode())
    (violation,) = SchemaJudge(contract).violations(contract.operations["listPolicies"], answered)
    assert len(violation) <= MAX_MESSAGE


@pytest.mark.parametrize(
    "body", [b"[]," * (MAX_VALUES // 2), b"{}," * (MAX_VALUES // 2)], ids=["arrays", "objects"]
)
def test_an_answer_of_too_many_values_is_not_read(contract: Contract, body: bytes) -> None:
    """An answer whose values would fill the memory is no JSON for a test, and a violation for the judge."""
    answered = exchange(b"[" + body + b"{}]")
    assert answered.json is None
    (violation,) = SchemaJudge(contract).violations(contract.operations["listPolicies"], answered)
    assert "JSON values" in violation


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a":-Infinity}', "9" * 5000, "[" * 100_000])
def test_what_is_no_json_is_none(text: str) -> None:
    """Constants that only Python reads, endless numbers and deep nesting are no JSON, and no error."""
    assert json_of(text) is None


def test_the_judge_ends_with_the_run(contract: Contract) -> None:
    """The judge of a log stops when the time of the run is over, and goes on where it was."""
    limit = Deadline(0)
    judge = SchemaJudge(contract, limit)
    log = [exchange(b"{}")] * 3
    with pytest.raises(LimitReached):
        judge.read(log)
    assert judge.findings() == []
    limit.set(60)
    judge.read(log)
    assert len(judge.findings()) == 3


def test_a_long_refusal_is_not_kept_twice() -> None:
    """What is kept to tell whether an operation is absent is short, however long the answer is."""
    status, digest = _without_path(exchange(b"x" * (1 << 20), 404, "/a"))
    assert (status, len(digest)) == (404, 32)
    assert digest == _without_path(exchange(b"x" * (1 << 20) + b"/bb", 404, "/bb"))[1]


@pytest.mark.parametrize("version", ["5." + "9" * 5000 + ".0", "x" * 100_000], ids=["digits", "letters"])
def test_a_version_without_end_is_told_shortly(version: str) -> None:
    """A version of any length gives a message of one line."""
    with pytest.raises(preflight.PreflightError, match="which is not a release") as caught:
        preflight.find_version(GATEWAY, {"version": version}, "auto")
    assert len(str(caught.value)) < 400


def test_the_upstream_refuses_what_is_too_long() -> None:
    """The upstream of the suite does not wait for a body without end, and stops beside open connections."""
    with Echo() as echo, Client(echo.url, 5) as client:
        refused = client.send("POST", "/", [("Content-Length", "99999999999999")])
        assert refused.status == 413
        assert client.send("POST", "/", body=b"x" * (2 << 20)).status == 413
        waiting = socket.create_connection(("127.0.0.1", urlsplit(echo.url).port), 10)
        waiting.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert waiting.recv(100).startswith(b"HTTP/1.1 200 OK")
        waiting.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        start = time.monotonic()
    assert time.monotonic() - start < HANGS
    waiting.close()


def test_a_recording_ends_in_time() -> None:
    """A recorder gives up a gateway that never ends an answer, and one that takes all of its time."""
    with hostile(dripping(CHUNKED, b"0")) as url:
        with Client(url, 0.3) as client, pytest.raises(RecorderError, match="does not answer: the body"):
            Recorder(client, SECRET).prepare()
        with Client(url, 30, within=Deadline(0.3)) as client, pytest.raises(RecorderError, match="is over"):
            Recorder(client, SECRET).prepare()


def test_a_request_without_time_is_no_missing_answer() -> None:
    """A request for which no time was left is not recorded as one that the gateway did not answer."""
    step = {"request": {"method": "GET", "target": "/", "headers": []}}
    with hostile(answering()) as url:
        with Client(url, 0.2) as client:
            assert Player(client, {}).send(step) is None
        with Client(url, 30, within=Deadline(0.2)) as client, pytest.raises(TimeOver):
            Player(client, {}).send(step)


@pytest.mark.parametrize("body", [b"[1]", b"null", b"{", b"[" * 100_000], ids=["list", "null", "cut", "deep"])
def test_a_member_of_an_odd_answer_is_empty(body: bytes) -> None:
    """A variable of a scenario is empty if the answer is no object that has it."""
    assert not member_of(Answer.of(200, JSON, body), "key")


def test_a_clean_up_by_hand_ends_in_its_time() -> None:
    """`clean` gives a gateway up when its time is over."""
    with hostile(dripping(CHUNKED, b"0")) as url:
        done = run_command("clean", url, "--max-time", "0.5", TYK_GW_SECRET=SECRET)
    assert "the time of all requests is over; allow more with --max-time" in error_line(done, 3)


def test_a_helper_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generated requests and the mock of the suite are not waited for without end."""
    monkeypatch.setattr(generated_requests, "GENERATION_SECONDS", 0.2)
    monkeypatch.setattr(mock_process, "START_SECONDS", 0.2)
    monkeypatch.setattr(mock_process, "STOP_SECONDS", 0.2)
    monkeypatch.setattr(generated_requests, "python", lambda *_: python("-c", FOREVER))
    with pytest.raises(RuntimeError, match="was generated"):
        Generator("no.module", "no-such-name", b"", "5.12.0").data("walks")
    with MockProcess(FOREVER, "5.12.0") as mock, pytest.raises(MockError):
        _ = mock.url
    with MockProcess(f"print('http://x', flush=True); {FOREVER}", "5.12.0") as mock:
        assert mock.url == "http://x"


@pytest.mark.skipif(len(usable_cores()) < 2, reason="needs two cores")
def test_the_mock_of_the_suite_has_a_core_of_its_own() -> None:
    """While a mock of the suite runs, the suite uses the other cores; afterwards it uses all again."""
    before = usable_cores()
    with MockProcess("import os; print(*os.sched_getaffinity(0), flush=True)", "5.12.0") as mock:
        assert sorted([int(mock.url), *usable_cores()]) == before
    assert usable_cores() == before


@pytest.mark.parametrize("servers", [b"null", b"5", b'"ab"', b'["/a", null]', b'{"url": "/a"}'])
def test_servers_in_an_odd_form_fail_a_test(servers: bytes) -> None:
    """The servers of an API may be said to be of any type: that fails the test, and is no error."""
    odd = exchange(b'{"servers":' + servers + b"}")
    gateway = cast(Gateway, SimpleNamespace(send=lambda *_: odd))
    with pytest.raises(Mismatch, match="servers with the paths"):
        _expect_paths(gateway, Api("a", "acme"), ["/a"])


@pytest.mark.parametrize("headers", [b"[]", b"null", b'"x"', b"5", b"[[1]]"])
def test_an_upstream_in_an_odd_form_fails_a_test(headers: bytes) -> None:
    """What an upstream is said to have received may be of any type: that fails the test, and is no error."""
    quota = (("X-RateLimit-Limit", "1"), ("X-RateLimit-Remaining", "1"))
    answer = Answer.of(200, (*JSON, *quota), b'{"headers":' + headers + b"}")
    odd = replace(exchange(b""), answer=answer)
    gateway = cast(Gateway, SimpleNamespace(options=SimpleNamespace(upstream="")))
    with pytest.raises(Mismatch, match="the upstream receives"):
        expect_upstream_saw(gateway, odd, x_own="1")
    assert odd.object_at("headers", "deeper") == {}
