"""Several processes that answer for one gateway."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from serving import Served, serving

from mockserver.contract.spec_files import default_version
from mockserver.http.client import Client
from mockserver.service.journal import Journal

SECRET = "mock-secret"
HEADERS = [("X-Tyk-Authorization", SECRET)]
CLIENTS = 24  # connections, which the kernel spreads over the workers as it likes

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")


@pytest.fixture(name="served")
def _served() -> Iterator[Served]:
    with serving("--workers", 3) as served:
        yield served


@pytest.fixture(name="clients")
def _clients(served: Served) -> Iterator[list[Client]]:
    with ExitStack() as open_ones:
        clients = [open_ones.enter_context(Client(served.url)) for _ in range(CLIENTS)]
        for client in clients:  # a read, which leaves each connection with whoever took it
            assert client.send("GET", "/tyk/policies", HEADERS).status == 200
        yield clients


def _rates(clients: list[Client]) -> Counter[Any]:
    answers = [client.send("GET", "/tyk/policies/gold", HEADERS) for client in clients]
    return Counter(json.loads(answer.body).get("rate", answer.status) for answer in answers)


def _children(served: Served) -> list[int]:
    found = Path(f"/proc/{served.process.pid}/task").glob("*/children")
    return [int(pid) for path in found for pid in path.read_text().split()]


def test_a_reload_is_done_by_all_when_it_is_answered(served: Served, clients: list[Client]) -> None:
    """Before it none has what was written, after it all have."""
    for rate in (5, 7):
        assert served.send("POST", "/tyk/policies", SECRET, {"id": "gold", "rate": rate}).status == 200
        assert rate not in _rates(clients)
        assert served.send("GET", "/tyk/reload?block=true", SECRET).status == 200
        assert _rates(clients) == {rate: CLIENTS}
    assert served.send("DELETE", "/tyk/policies/gold", SECRET).status == 200
    assert served.send("GET", "/tyk/reload?block=true", SECRET).status == 200
    assert _rates(clients) == {404: CLIENTS}


def test_all_show_what_sessions_share(served: Served, clients: list[Client]) -> None:
    """What a session changes in a policy is read from each."""
    for name in ("gold", "more"):
        right = {"api_id": "a", "allowed_types": [{"name": "T", "fields": [name]}]}
        policy = {"id": name, "access_rights": {"a": right}}
        assert served.send("POST", "/tyk/policies", SECRET, policy).status == 200
    assert served.send("GET", "/tyk/reload?block=true", SECRET).status == 200
    assert _rates(clients) == {0: CLIENTS}  # and the text is made
    session = {"apply_policies": ["gold", "more"]}
    assert served.send("POST", "/tyk/keys/preview", SECRET, session).status == 200
    for client in clients:
        policy = json.loads(client.send("GET", "/tyk/policies/gold", HEADERS).body)
        assert policy["access_rights"]["a"]["allowed_types"] == [{"name": "T", "fields": ["gold", "more"]}]


def test_one_connection_may_ask_for_anything(clients: list[Client]) -> None:
    """What a worker does not answer itself is answered all the same, in its order."""
    for number, client in enumerate(clients):
        body = json.dumps({"id": f"p{number}"}).encode()
        assert client.send("POST", "/tyk/policies", HEADERS, body).status == 200
        assert client.send("GET", "/tyk/policies", HEADERS).status == 200
        assert client.send("GET", "/tyk/policies", [("X-Tyk-Authorization", "wrong")]).status == 403
    assert clients[0].send("GET", "/tyk/reload?block=true", HEADERS).status == 200
    for client in clients:
        assert len(json.loads(client.send("GET", "/tyk/policies", HEADERS).body)) == CLIENTS


def test_the_journal_has_what_all_answered_in_its_order(served: Served, clients: list[Client]) -> None:
    """The first reads of the clients, and those that follow."""
    served.send("DELETE", "/_mock/journal", SECRET)
    _rates(clients)
    served.send("POST", "/tyk/policies", SECRET, {"id": "gold"})
    _rates(clients)
    entries = json.loads(served.send("GET", "/_mock/journal", SECRET).body)
    one_round = ["getPolicy"] * CLIENTS
    assert [entry["operation"] for entry in entries] == [*one_round, "addPolicy", *one_round]
    assert not any(entry["violations"] for entry in entries)
    assert [entry["time"] for entry in entries] == sorted(entry["time"] for entry in entries)


def test_a_fault_meets_the_requests_of_all(served: Served, clients: list[Client]) -> None:
    """And when it is lifted, none."""
    served.send("POST", "/_mock/faults", SECRET, {"operation": "getPolicy", "status": 503, "times": 0})
    assert {client.send("GET", "/tyk/policies/gold", HEADERS).status for client in clients} == {503}
    served.send("DELETE", "/_mock/faults", SECRET)
    assert {client.send("GET", "/tyk/policies/gold", HEADERS).status for client in clients} == {404}


def test_a_reset_is_one_of_all(served: Served, clients: list[Client]) -> None:
    """Nobody has a policy any more, and the journal has what followed alone."""
    served.send("POST", "/_mock/seed", SECRET, {"policies": [{"id": "gold", "rate": 3}]})
    assert _rates(clients) == {3: CLIENTS}
    served.send("POST", "/_mock/reset", SECRET)
    assert _rates(clients) == {404: CLIENTS}
    assert len(json.loads(served.send("GET", "/_mock/journal", SECRET).body)) == CLIENTS


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="/proc names the workers")
def test_a_worker_that_dies_is_left_out(served: Served) -> None:
    """The others go on, and a reload does not wait for it."""
    os.kill(_children(served)[0], signal.SIGKILL)
    assert served.send("POST", "/tyk/policies", SECRET, {"id": "gold", "rate": 1}).status == 200
    assert served.send("GET", "/tyk/reload?block=true", SECRET).status == 200
    for _ in range(CLIENTS):
        assert served.send("GET", "/tyk/policies/gold", SECRET).status == 200
    assert len(_children(served)) == 1


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="/proc names the workers")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_first(served: Served, number: signal.Signals) -> None:
    """However it ends, the port is free: nobody listens there any more."""
    children = _children(served)
    assert len(children) == 2
    served.process.send_signal(number)
    assert served.process.wait(30) == (0 if number is signal.SIGTERM else -number)
    for child in children:
        while Path(f"/proc/{child}/stat").exists() and ") Z" not in Path(f"/proc/{child}/stat").read_text():
            pass
    with socket.socket() as client, pytest.raises(ConnectionRefusedError):
        client.connect(("127.0.0.1", int(served.url.rsplit(":", 1)[1])))


def test_the_line_at_the_start_says_how_many(served: Served) -> None:
    """Version, address, operations, workers."""
    assert served.lines[0].startswith(f"Tyk Gateway {default_version()} mocked on {served.url}")
    assert served.lines[0].endswith(", 3 workers")


def test_a_record_file_is_read_by_all(tmp_path: Path) -> None:
    """With one the workers read it themselves."""
    record = tmp_path / "policies.json"
    record.write_text('{"gold": {"id": "gold", "rate": 1}}')
    with serving("--workers", 2, "--policies", record) as served, ExitStack() as open_ones:
        clients = [open_ones.enter_context(Client(served.url)) for _ in range(CLIENTS)]
        assert _rates(clients) == {1: CLIENTS}
        record.write_text('{"gold": {"id": "gold", "rate": 2}}')
        served.send("GET", "/tyk/reload?block=true", SECRET)
        assert _rates(clients) == {2: CLIENTS}


def test_notes_of_another_process_are_put_in_their_places() -> None:
    """By their times; taking them leaves none behind."""
    ours, theirs = Journal(), Journal()
    for journal, times in ((ours, (1.0, 3.0)), (theirs, (2.0, 4.0))):
        journal._entries.extend((time, None, b"", None) for time in times)  # type: ignore[arg-type,misc]
    ours.join(theirs.take())
    assert [time for time, *_ in ours._entries] == [1.0, 2.0, 3.0, 4.0]  # type: ignore[misc]
    assert len(theirs) == 0
