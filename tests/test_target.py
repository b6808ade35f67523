"""The target: the log that it keeps, and when it gives a service up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract_tests.engine import target as target_module
from contract_tests.engine.exchange import Request
from contract_tests.engine.run import Run
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.target import LimitReached
from contract_tests.gateway.client import path_of
from contract_tests.gateway.resources import APIS, POLICIES
from contract_tests.gateway.service import GATEWAY
from mockserver import MockGateway
from mockserver.http.client import TimedOut


@pytest.fixture(name="run")
def _run(gateway: MockGateway) -> Iterator[Run]:
    options = RunOptions(url=gateway.url, secret=gateway.secret)
    run = Run.open(GATEWAY, options, gateway.gateway.contract)
    yield run
    run.close()


def test_answers_that_are_more_than_can_be_kept_end_the_run(
    run: Run, gateway: MockGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that is full ends the run once, and the clean-up still works."""
    first = run.target.send("POST", POLICIES, b'{"id": "%s"}' % run.ownership.new_id().encode())
    monkeypatch.setattr(target_module, "MAX_LOGGED", first.size)
    with pytest.raises(LimitReached, match="the answers of this run have over"):
        run.target.send("GET", "/hello")
    assert gateway.policies.written
    assert run.cleanup.finish() == []
    assert not gateway.policies.written
    assert sum(exchange.size for exchange in run.target.log) <= first.size


def test_each_thread_has_a_connection_of_its_own(run: Run) -> None:
    """Tests that run side by side never wait for each other, or get each other's answers."""
    with ThreadPoolExecutor(2) as threads:
        statuses = list(threads.map(lambda _: run.target.send("GET", "/hello").status, range(40)))
    assert statuses == [200] * 40
    assert run.target.dropped == []
    assert run.target.unsolicited_bytes == b""


def test_a_target_that_is_put_off_is_deleted_last(run: Run, gateway: MockGateway) -> None:
    """A policy that a test is still about is left until the end; then nothing of the run is left."""
    put_off, other = run.ownership.new_id(), run.ownership.new_id()
    for name in (put_off, other):
        run.target.send("POST", POLICIES, b'{"id": "%s"}' % name.encode())
    run.ownership.delete_last(path_of(put_off))
    run.cleanup.remove()
    assert list(gateway.policies.written) == [put_off]
    assert run.cleanup.finish() == []
    assert not gateway.policies.written


def test_what_no_reload_has_loaded_yet_is_removed(run: Run, gateway: MockGateway) -> None:
    """An API that a gateway refuses to delete, for it is not loaded yet, is deleted after the reload."""
    name = run.ownership.new_id()
    api = {"api_id": name, "name": name, "org_id": name, "proxy": {"listen_path": f"/{name}/"}}
    run.target.send("POST", APIS, json.dumps(api).encode())
    assert run.cleanup.finish() == []
    deletions = [entry.status for entry in gateway.journal if entry.method == "DELETE"]
    assert deletions == [404, 200]


def test_what_is_still_listed_is_told_by_its_target(run: Run, gateway: MockGateway) -> None:
    """An API that stays on the gateway is told as left behind, as a policy is, however often one asks."""
    name = run.ownership.new_id()
    api = {"api_id": name, "name": name, "org_id": name, "proxy": {"listen_path": f"/{name}/"}}
    run.target.send("POST", APIS, json.dumps(api).encode())
    gateway.fault("deleteApi", status=500, times=0)
    assert run.cleanup.finish() == run.cleanup.finish() == [f"{APIS}/{name}"]


@pytest.mark.parametrize("end", ["1?org_id=acme", "1#victim", "77"])
def test_what_the_run_did_not_write_is_told_and_not_deleted(run: Run, gateway: MockGateway, end: str) -> None:
    """A listed policy whose id begins like those of the run, but is none of them, is told and stays."""
    foreign = f"{run.ownership.run}{end}"
    gateway.policies.seed({"id": foreign})
    policy = {"id": run.ownership.new_id(), "name": "n", "org_id": "", "access_rights": {}}
    run.target.send("POST", POLICIES, json.dumps(policy).encode())
    assert run.cleanup.finish() == [path_of(foreign)]
    assert [entry.target for entry in gateway.journal if entry.method == "DELETE"] == [path_of(policy["id"])]


@pytest.mark.parametrize(
    ("request_", "size"),
    [
        (Request("GET", f"/hello?{'x' * 30_000}"), 30_000),
        (Request("GET", "/hello", headers=[("X-Long", "x" * 30_000)]), 30_000),
        (Request("POST", "/hello", b"x" * 30_000), 30_000),
        (Request("GET", "/hello"), 1000),
    ],
    ids=["target", "header", "body", "head of the answer"],
)
def test_all_parts_of_an_exchange_count(run: Run, request_: Request, size: int) -> None:
    """The size of an exchange in the log has target, headers and bodies of both sides, and its own objects."""
    assert run.target.ask(request_).size > size


def test_a_wait_that_ends_a_moment_early_ends_the_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request whose wait ends just before the time of the run does not count as one without an answer."""

    def late(*_: object) -> None:
        run.target.limit.set(0.01)
        raise TimedOut("no answer within 10 s")

    monkeypatch.setattr(run.target._client_at(run.target.url), "send", late)
    with pytest.raises(LimitReached, match="the time of this run was over"):
        run.target.send("GET", "/hello")
    assert not run.target.gone
