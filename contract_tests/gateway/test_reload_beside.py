"""Requests while a reload is under way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import ALONE, AT_END, FIRST, RELOAD, STARTED, Steps, behaviour
from contract_tests.engine.exchange import Exchange, Request
from contract_tests.gateway.checks import expect_error, expect_policy, expect_written, listed
from contract_tests.gateway.client import Gateway, path_of
from contract_tests.gateway.resources import POLICIES

LISTS = 200  # that are looked at, the last ones
CHANGES = 20  # that a reload makes at one time
DELETIONS, WRITES = 20, 200  # beside a reload
PACE = 0.005  # seconds, so that they last as long as a tick does


@behaviour("reads-beside-a-reload-are-whole", phase=FIRST)
def test_what_stays_loaded_is_read_during_a_reload(gateway: Gateway) -> Steps:
    """A policy that was loaded before and after is read at any moment between; the list is the old or the new."""
    policies = [gateway.create(name=f"stays {number}") for number in range(3)]
    changing = [gateway.create(name="old") for _ in range(CHANGES)]
    yield STARTED  # these are the first of the run, and what is made below the last
    yield RELOAD
    yield AT_END  # for it takes a reload of its own, as the next
    for policy in changing:
        gateway.put(policy["id"], {**policy, "name": "new"})
        gateway.create(name="new")
    before, beside = _names(gateway, gateway.list()), []
    with ThreadPoolExecutor(1) as threads:
        reloading = threads.submit(gateway.target.reload)
        while not reloading.done():
            for policy in policies:
                expect_policy(gateway.get(policy["id"]), gateway, policy)
            del gateway.exchanges[:-3]  # or a report would have a second's reads
            beside.append(gateway.target.ask(Request("GET", POLICIES)))  # the log has it before the reload
            del beside[:-LISTS]
        gateway.exchanges.append(reloading.result())
    after = _names(gateway, gateway.list())
    for exchange in beside:
        names = _names(gateway, exchange)
        if names not in (before, after):
            gateway.exchanges.append(exchange)
            actual = f"{len(names)} policies, {len(names - before)} of them new and {len(names - after)} old"
            raise Mismatch("the list of before the reload, or of after it", actual, exchange)


def _names(gateway: Gateway, exchange: Exchange) -> set[tuple[str, str]]:
    """The policies of the run in a list, by id and name."""
    items = listed(exchange).items()
    return {(name, str(item.get("name"))) for name, item in items if gateway.ownership.owns(name)}


@behaviour("writes-beside-a-reload-are-kept")
def test_what_is_written_during_a_reload_is_kept(gateway: Gateway) -> Steps:
    """It shows after the next one at the latest, and a deletion is not undone."""
    gone = [gateway.create(name=f"gone {number}") for number in range(DELETIONS)]
    yield RELOAD
    yield AT_END
    written: list[dict[str, str]] = []
    with ThreadPoolExecutor(1) as threads:
        reloading = threads.submit(gateway.target.reload)
        while len(written) < WRITES and (len(written) < len(gone) or not reloading.done()):
            new = {"id": gateway.new_id(), "name": "beside"}
            expect_written(gateway.post(new), new["id"], "added")
            if len(written) < len(gone):
                gateway.delete(gone[len(written)]["id"])
            written.append(new)
            wait([reloading], PACE)
        gateway.exchanges.append(reloading.result())
    yield RELOAD

    for policy in written:
        expect_policy(gateway.get(policy["id"]), gateway, policy)
    for policy in gone:
        expect_error(gateway.get(policy["id"]), 404, "Policy not found")


@behaviour("every-blocking-reload-waits", phase=ALONE)
def test_each_of_several_blocking_reloads_has_loaded(gateway: Gateway) -> None:
    """Each of two reloads that are asked for at one time is answered when a policy written before shows."""
    policy = gateway.create(name="seen by both")

    def reload_and_read() -> tuple[Exchange, Exchange]:
        return gateway.target.reload(), gateway.target.send("GET", path_of(policy["id"]))

    with ThreadPoolExecutor(2) as threads:
        seen = [threads.submit(reload_and_read) for _ in range(2)]
        pairs = [reload.result() for reload in seen]
    for pair in pairs:
        gateway.exchanges += pair
        expect_policy(pair[1], gateway, policy)
