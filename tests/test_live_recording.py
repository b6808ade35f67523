"""A recording of live traffic: each exchange is judged, has no credential, and can be replayed."""

from __future__ import annotations

import gzip
import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from answering import OK, answering
from proxying import Proxy, proxying
from serving import COMMAND, QUIET, deadline

from mockserver import MockDashboard, MockGateway
from mockserver.cli.main import parser_of
from mockserver.evidence.recorder import SECRET, RecorderError
from mockserver.evidence.recording import read_recording
from mockserver.evidence.replay import replay
from mockserver.http.client import Answer, Client
from mockserver.serving.service_server import listen

POLICY = {"id": "gold", "org_id": "acme", "rate": 5, "per": 60, "access_rights": {"a": {"api_id": "a"}}}


@pytest.fixture(name="proxy")
def _proxy(gateway: MockGateway, tmp_path: Path) -> Iterator[Proxy]:
    """A proxy before a gateway."""
    with proxying(gateway.url, tmp_path / "live.jsonl") as proxy:
        proxy.secret = gateway.secret
        yield proxy


def send(proxy: Proxy, line: str, body: Any = None, *headers: tuple[str, str], secret: str = "") -> Answer:
    """The answer to a request with a secret and a JSON body."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    with Client(proxy.url) as client:
        return client.send(*line.split(), [("X-Tyk-Authorization", secret or proxy.secret), *headers], data)


def test_an_exchange_is_a_step(proxy: Proxy) -> None:
    """A step has the request and the answer in the form of a recording, with the operation."""
    send(proxy, "POST /tyk/policies", POLICY)
    (step,) = proxy.steps
    assert step["request"] == {
        "method": "POST",
        "target": "/tyk/policies",
        "headers": [["X-Tyk-Authorization", SECRET]],
        "body": json.dumps(POLICY),
    }
    assert step["response"]["body"] == '{"key":"gold","status":"ok","action":"added"}\n'
    assert step["response"]["headers"] == [["Content-Length", "46"], ["Content-Type", "application/json"]]
    assert (step["operation"], step["step"], "volatile" in step) == ("addPolicy", 0, False)
    assert "POST /tyk/policies 200 addPolicy " in wait_for_log(proxy)


def wait_for_log(proxy: Proxy) -> str:
    """The access log once it is written."""
    assert proxy.traffic.access_log is not None
    proxy.traffic.access_log.close()
    return proxy.log.getvalue()


def test_both_sides_are_judged_apart(proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    """Violations of a request, violations of its answer and warnings are told apart, and counted."""
    send(proxy, "POST /tyk/policies", {**POLICY, "rate": "x", "raet": 5})
    (step,) = proxy.steps
    assert any("/rate" in text for text in step["request_violations"])
    assert "reply_violations" not in step
    assert step["warnings"] == ["raet: an unknown member, the nearest is 'rate'; it is dropped"]
    traffic = proxy.traffic
    assert (dict(traffic.requests), dict(traffic.replies), dict(traffic.warnings)) == (
        {"addPolicy": 1}, {}, {"addPolicy": 1},
    )  # fmt: skip
    assert "POST /tyk/policies: request violation: request /rate" in caplog.text


def test_a_wrong_answer_is_a_violation_of_the_service(tmp_path: Path) -> None:
    """An answer that the specification does not have is a violation of the answer alone."""
    wrong = OK + b'Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{"id": true}'
    with answering({"/tyk/policies/gold": wrong}) as url, proxying(url, tmp_path / "live.jsonl") as proxy:
        send(proxy, "GET /tyk/policies/gold")
        (step,) = proxy.steps
    assert "request_violations" not in step
    assert any("/id" in text for text in step["reply_violations"])


def test_a_refused_secret_names_the_operation(proxy: Proxy) -> None:
    """A refusal is a violation of the request, and the refused secret has no stand-in that is right."""
    send(proxy, "GET /tyk/policies", secret="wrong-secret")
    (step,) = proxy.steps
    assert step["request_violations"] == ["403: the secret is wrong or missing; listPolicies was not reached"]
    assert step["request"]["headers"] == [["X-Tyk-Authorization", "***"]]
    assert "wrong-secret" not in proxy.text


def test_other_paths_are_forwarded_and_not_recorded(proxy: Proxy) -> None:
    """Requests to APIs and other paths are counted alone, for they may hold anything."""
    assert send(proxy, "GET /orders/a").status == 404
    assert (dict(proxy.traffic.counts), proxy.steps) == ({"beside": 1}, [])


def test_no_credential_is_recorded(gateway: MockGateway, proxy: Proxy) -> None:
    """Keys in paths, bodies and answers have a stand-in, the same one everywhere; headers that may tell one are out."""
    gateway.policies.seed(POLICY)
    gateway.client.post("/tyk/apis", json={"api_id": "a", "org_id": "acme", "proxy": {"listen_path": "/a/"}})
    gateway.reload()
    session = {
        "org_id": "acme",
        "apply_policies": ["gold"],
        "hmac_string": "my-hmac",
        "basic_auth_data": {"password": "my-password"},
    }
    headers = [("Cookie", "sid=my-cookie"), ("X-Other", "my-other"), ("Authorization", "Bearer my-bearer")]
    key = json.loads(send(proxy, "POST /tyk/keys/create", session, *headers).body)["key"]
    send(proxy, f"GET /tyk/keys/{key}?api_id=my-bearer", None, *headers)
    send(proxy, "GET /tyk/keys")
    for credential in (key, "my-hmac", "my-password", "my-cookie", "my-other", "my-bearer", gateway.secret):
        assert credential not in proxy.text
    created, read, listed = proxy.steps
    stand_in = json.loads(created["response"]["body"])["key"]
    assert len(stand_in) == len(key)
    assert read["request"]["target"] == f"/tyk/keys/{stand_in}?api_id=***"
    assert json.loads(listed["response"]["body"])["keys"] == [stand_in]
    assert json.loads(created["request"]["body"])["apply_policies"] == ["gold"]
    assert created["volatile"] == ["**/key", "**/key_hash"] or created["volatile"] == ["**/key"]


def test_a_compressed_answer_is_recorded_plain(tmp_path: Path) -> None:
    """An answer in gzip is judged and recorded as it is without it, and reaches its client as it was sent."""
    packed = gzip.compress(b"[]\n")
    head = OK + b"Content-Type: application/json\r\nContent-Encoding: gzip\r\n"
    answer = head + b"Content-Length: %d\r\n\r\n" % len(packed) + packed
    with answering({"/tyk/policies": answer}) as url, proxying(url, tmp_path / "live.jsonl") as proxy:
        assert send(proxy, "GET /tyk/policies", None, ("Accept-Encoding", "gzip")).body == packed
        (step,) = proxy.steps
    assert step["response"]["body"] == "[]\n"
    assert ["Content-Length", "3"] in step["response"]["headers"]
    assert "reply_violations" not in step


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"Content-Encoding: br", b"\x01\x02"),
        (b"Content-Encoding: gzip", b"\x01\x02"),
        (b"Content-Type: a/b", b"a\0b"),
        (b"Content-Type: application/json", b"[%b0]" % (b"0," * 1_000_001)),
    ],
    ids=["br", "no gzip", "binary", "too many values"],
)
def test_what_cannot_be_read_is_not_recorded(header: bytes, body: bytes, tmp_path: Path) -> None:
    """An answer in which nothing could be masked is forwarded, counted, and left out of the recording."""
    answer = OK + header + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with answering({"/tyk/policies": answer}) as url, proxying(url, tmp_path / "live.jsonl") as proxy:
        assert send(proxy, "GET /tyk/policies").body == body
        assert (dict(proxy.traffic.counts), proxy.steps) == ({"unmasked": 1}, [])


def test_a_recording_of_a_gateway_is_replayed(proxy: Proxy) -> None:
    """`parity` replays a recording of a gateway that was empty: the mock answers alike."""
    send(proxy, "POST /tyk/policies", POLICY)
    send(proxy, "GET /tyk/reload?block=true")
    send(proxy, "GET /tyk/policies/gold")
    send(proxy, "GET /tyk/policies", secret="wrong-secret")
    send(proxy, "DELETE /tyk/policies/gold")
    (outcome,) = replay(read_recording(proxy.path))
    assert [step["response"]["status"] for step in proxy.steps] == [200, 200, 200, 403, 200]
    assert (outcome.exchanges, outcome.difference) == (5, "")


def test_a_recording_of_a_dashboard_is_replayed(tmp_path: Path) -> None:
    """A recording of a Dashboard has a variable for the key, with or without a scheme, and is replayed."""
    with (
        MockDashboard(key="my-dashboard-key", with_gateway=False) as dashboard,
        proxying(dashboard.url, tmp_path / "live.jsonl", "dashboard") as proxy,
        Client(proxy.url) as client,
    ):
        for value in (dashboard.key, f"Bearer {dashboard.key}", "wrong-key-of-nobody"):
            client.send("GET", "/api/portal/policies", [("Authorization", value)])
        steps = proxy.steps
        assert "my-dashboard-key" not in proxy.text
    assert [step["request"]["headers"] for step in steps] == [
        [["Authorization", "${KEY}"]], [["Authorization", "Bearer ${KEY}"]], [["Authorization", "***"]],
    ]  # fmt: skip
    assert [step["response"]["status"] for step in steps] == [200, 200, 401]
    (outcome,) = replay(read_recording(tmp_path / "live.jsonl"))
    assert outcome.difference == ""


def test_a_recording_is_no_ones_elses(proxy: Proxy) -> None:
    """Only its owner may read a recording, and an existing file is never written over."""
    assert stat.S_IMODE(proxy.path.stat().st_mode) == 0o600
    with pytest.raises(RecorderError, match="exists already"), proxying(proxy.url, proxy.path):
        pass


def test_a_line_that_a_kill_cut_off_is_left_out(proxy: Proxy) -> None:
    """A recording whose last line is not whole is read without it."""
    send(proxy, "GET /tyk/policies")
    with proxy.path.open("a") as file:
        file.write('{"scenario": "live/traffic", "step": 1, "requ')
    assert len(proxy.steps) == 1


def test_a_full_disk_stops_the_recording_alone(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a step cannot be written whole, the file has those before it, and requests are forwarded on."""
    send(proxy, "GET /tyk/policies")
    whole, write = proxy.text, os.write

    def half(file: int, data: memoryview) -> int:
        if len(data) > 20:
            return write(file, bytes(data[:20]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mockserver.evidence.live_recording.os.write", half)
    assert send(proxy, "GET /tyk/policies").status == 200
    monkeypatch.undo()
    assert send(proxy, "GET /tyk/policies").status == 200
    assert proxy.text == whole
    assert proxy.recording.failure.endswith("No space left on device; nothing more is recorded")


@contextmanager
def recording(url: str, folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process of `record --proxy`, and the URL of the proxy."""
    words = [
        *COMMAND,
        "record",
        "--proxy",
        url,
        "--output",
        str(folder / "live.jsonl"),
        "--start-line",
        "json",
        *arguments,
    ]
    with subprocess.Popen(
        words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=QUIET
    ) as process:
        try:
            with deadline(process):
                assert process.stdout is not None
                yield process, json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "body", "code"), [(signal.SIGINT, POLICY, 0), (signal.SIGTERM, {"id": 5}, 1)]
)
def test_the_command_tells_what_it_saw(
    gateway: MockGateway, tmp_path: Path, number: signal.Signals, body: Any, code: int
) -> None:
    """`record --proxy` ends at a signal with a summary, and with 1 if it saw a violation."""
    with (
        recording(gateway.url, tmp_path, "--secret", gateway.secret) as (process, url),
        Client(url) as client,
    ):
        headers = [("X-Tyk-Authorization", gateway.secret)]
        client.send("POST", "/tyk/policies", headers, json.dumps(body).encode())
        client.send("GET", "/orders/a")
        process.send_signal(number)
        out, log = process.communicate(timeout=60)
    assert process.returncode == code, log
    assert f"recorded exchanges with gateway 5.12.0 in {tmp_path}/live.jsonl: 1\n" in out
    assert "  1 for other paths than those of the operations" in out
    assert ("addPolicy                        violations of requests: 1" in out) is bool(code)
    assert "INFO POST /tyk/policies " in log
    assert gateway.secret not in (tmp_path / "live.jsonl").read_text() + out + log


def test_the_proxy_listens_on_this_machine() -> None:
    """Without --host the proxy is reached at 127.0.0.1 alone."""
    options = parser_of(["record"]).parse_args(["record", "--proxy", "http://a", "--out", "x"])
    with listen(options.host, 0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


@pytest.mark.slow
def test_a_killed_recorder_loses_nothing(gateway: MockGateway, tmp_path: Path) -> None:
    """What a client had an answer to is in the recording when the recorder is killed."""
    with recording(gateway.url, tmp_path) as (process, url), Client(url) as client:
        for number in range(20):
            client.send("GET", f"/tyk/policies/{number}", [("X-Tyk-Authorization", gateway.secret)])
        process.kill()
        process.wait(30)
    (scenario,) = read_recording(tmp_path / "live.jsonl").scenarios
    targets = [step["request"]["target"] for step in scenario.steps]
    assert targets == [f"/tyk/policies/{number}" for number in range(20)]
