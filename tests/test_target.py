"""The suite's door to a gateway: what it keeps, and when it gives up."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract_tests.engine import target as door
from contract_tests.engine.ownership import POLICIES
from contract_tests.engine.target import Gone, Target
from mockserver import MockGateway


@pytest.fixture(name="target")
def _target(gateway: MockGateway) -> Iterator[Target]:
    target = Target(gateway.url, gateway.secret, gateway.gateway.contract)
    yield target
    target.close()


def test_answers_that_are_more_than_can_be_kept_end_the_run(
    target: Target, gateway: MockGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so once, and still removes what it wrote."""
    monkeypatch.setattr(door, "MAX_KEPT", 100)
    target.send("POST", POLICIES, b'{"id": "%s"}' % target.own.new_id().encode())
    with pytest.raises(Gone, match="the answers of this run have over"):
        target.send("GET", "/hello")
    assert gateway.policies.written
    assert target.clean_up() == []
    assert not gateway.policies.written
    assert sum(len(each.answer.stored) for each in target.log if each.answer) <= 100


def test_each_thread_has_a_connection_of_its_own(target: Target, gateway: MockGateway) -> None:
    """So tests that run side by side never wait for each other, or get each other's answers."""
    with ThreadPoolExecutor(2) as threads:
        statuses = list(threads.map(lambda _: target.send("GET", "/hello").status, range(40)))
    assert statuses == [200] * 40
    assert (target.dropped, target.astray) == ([], b"")


def test_what_is_spared_is_removed_last(target: Target, gateway: MockGateway) -> None:
    """A test may still be about it; at the end nothing is left, whatever came between."""
    spared, other = target.own.new_id(), target.own.new_id()
    for name in (spared, other):
        target.send("POST", POLICIES, b'{"id": "%s"}' % name.encode())
    target.own.spare(spared)
    target.remove()
    assert list(gateway.policies.written) == [spared]
    assert target.clean_up() == []
    assert not gateway.policies.written
