"""Walks of writes, reloads and reads, on the gateway and on the model."""

from __future__ import annotations

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import AT_END, FIRST, LAST, RELOAD, STARTED, Steps, behaviour
from contract_tests.gateway import generated
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import POLICIES
from contract_tests.model.walks import ParallelWalks, shrunk


@behaviour("walks-agree-with-model", phase=FIRST)
def test_walks_agree_with_the_model(gateway: Gateway) -> Steps:
    """Every answer after any writes and reloads is the one that the model predicts."""
    walks = generated.walks(gateway.version)
    yield STARTED
    parallel = ParallelWalks(gateway, walks)
    while parallel.advance():
        yield RELOAD
        parallel.reloaded(gateway.exchanges[-1])
    for walk, outcome in parallel.outcomes.items():
        if outcome.mismatch:
            yield AT_END  # shrinking needs reloads for itself alone
            smallest = shrunk(gateway, walk, outcome)
            gateway.exchanges = smallest.exchanges
            raise smallest.mismatch or outcome.mismatch


@behaviour("deleted-policies-are-gone", phase=LAST)
def test_all_that_the_run_wrote_can_be_removed(gateway: Gateway) -> Steps:
    """A reload after the deletion of many policies leaves none of them in the list."""
    before = gateway.list()
    gateway.run.cleanup.remove()
    yield STARTED
    if left := [target for target in gateway.run.cleanup.finish() if target.startswith(POLICIES)]:
        raise Mismatch("a list without any policy of this run", f"{len(left)} of them", before)
