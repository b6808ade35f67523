"""Large JSON texts are read a few at a time, and wrong values in them are noted a few times."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from asking import call, send
from orders import GOLD, serve
from proxying import proxying

from mockserver import MockGateway
from mockserver.contract.codecs import Codec, Malformed
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import default_version
from mockserver.golang.scalars import MOST_NOTES
from mockserver.http.client import Client
from mockserver.http.echo_server import Echo
from mockserver.http.messages import Reply
from mockserver.service import large_json

VALUES = "[" + "0," * large_json.LARGE + "0]"
POLICY = f'{{"id": "large", "meta_data": {{"a": {VALUES}}}}}'.encode()
MESSAGE = f'{{"jsonrpc": "2.0", "id": 1, "method": "x", "params": {{"a": {VALUES}}}}}'.encode()
BATCH = f'{{"requests": [], "a": {VALUES}}}'.encode()
SEED = b'{"policies": [' + POLICY + b"]}"
JSON = ("Content-Type", "application/json")


@pytest.fixture(name="mock", scope="module")
def _mock() -> Iterator[MockGateway]:
    """A gateway with an API that takes batches, and two MCP proxies: of small answers and of large ones."""
    with Echo() as echo, MockGateway(gateway="5.14") as mock:
        echo.answers["/small"] = Reply(b"{}")
        echo.answers["/large"] = Reply(f'{{"result": {{"tools": {VALUES}}}}}'.encode())
        serve(mock, GOLD, use_keyless=True, enable_batch_request_support=True)
        for name in ("small", "large"):
            parts = {
                "info": {"id": name, "name": name, "state": {"active": True}},
                "upstream": {"url": f"{echo.url}{name}"},
                "server": {"listenPath": {"value": f"/{name}/", "strip": True}},
            }
            document = {"openapi": "3.0.3", "info": {"title": name, "version": "1"}, "paths": {}}
            call(mock, "POST", "/tyk/mcps", {**document, "x-tyk-api-gateway": parts})
        mock.reload()
        yield mock


def status_of(mock: MockGateway, path: str, body: bytes) -> int:
    """The status of a POST with the secret."""
    return send(mock, "POST", path, [JSON, ("X-Tyk-Authorization", mock.secret)], body).status


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/tyk/policies", POLICY),
        ("/small/", MESSAGE),
        ("/large/", b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'),
        ("/orders/tyk/batch/", BATCH),
        ("/_mock/seed", SEED),
    ],
    ids=["policy", "message", "answer", "batch", "seed"],
)
def test_few_large_texts_are_read_at_once(
    mock: MockGateway, path: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While others have all turns a large text is answered 503 in the end, and small ones are read; then it is read."""
    monkeypatch.setattr(large_json, "LONGEST_WAIT", 0.01)
    with monkeypatch.context() as others:
        others.setattr(large_json, "_turns", threading.Semaphore(0))
        assert status_of(mock, path, body) == 503
        assert status_of(mock, "/tyk/policies", b'{"id": "small"}') == 200
        assert send(mock, "POST", "/tyk/policies", [("X-Tyk-Authorization", "no")], POLICY).status == 403
    for _ in range(large_json.AT_ONCE + 1):  # each turn comes back
        assert status_of(mock, path, body) == 200


def test_a_turn_is_one_of_two() -> None:
    """As many threads as there are turns have one at the same time, whatever they read within it; the next waits."""
    began, ends = threading.Semaphore(0), threading.Event()

    def read() -> None:
        with large_json.turn_of(POLICY), large_json.turn_of(MESSAGE):
            began.release()
            ends.wait(30)

    with ThreadPoolExecutor(large_json.AT_ONCE + 1) as pool:
        reading = [pool.submit(read) for _ in range(large_json.AT_ONCE + 1)]
        assert all(began.acquire(timeout=30) for _ in range(large_json.AT_ONCE))
        assert not began.acquire(timeout=0.05)
        ends.set()
        assert began.acquire(timeout=30)
        assert [future.result(30) for future in reading] == [None] * len(reading)


def test_a_proxy_records_few_large_texts_at_once(
    mock: MockGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While others have all turns `record --proxy` forwards a large text, and counts it as not recorded."""
    monkeypatch.setattr(large_json, "LONGEST_WAIT", 0.01)
    headers = [("X-Tyk-Authorization", mock.secret)]
    assert status_of(mock, "/tyk/policies", POLICY) == 200
    mock.reload()
    with proxying(mock.url, tmp_path / "live.jsonl") as proxy, Client(proxy.url) as client:
        with large_json.turn_of(POLICY), large_json.turn_of(POLICY, "[]"):
            assert client.send("GET", "/tyk/policies/large", headers).status == 200
        monkeypatch.setattr(large_json, "_turns", threading.Semaphore(0))
        assert client.send("GET", "/tyk/policies/large", headers).status == 200
        assert proxy.traffic.counts == {"recorded": 1, "failed": 1}


def test_few_of_a_million_wrong_values_are_noted() -> None:
    """The messages about a document with very many wrong values are few; the value that ends the reading is among them."""
    codec = Codec.of(Contract.load(default_version()), "Policy")
    document = {"tags": [0] * 100_000, "_id": "x", "rate": "a"}
    with pytest.raises(Malformed) as error:
        codec.decode(json.dumps(document).encode())
    assert len(error.value.reasons) == MOST_NOTES + 1
    assert error.value.reasons[-1] == '_id: "x" is a string, must be 24 hex digits'
