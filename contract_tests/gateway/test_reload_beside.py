"""Requests during a reload."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import ALONE, AT_END, FIRST, RELOAD, STARTED, Steps, behaviour
from contract_tests.engine.exchange import Exchange, Request
from contract_tests.gateway.checks import expect_error, expect_policy, expect_written, listed
from contract_tests.gateway.client import Gateway, path_of
from contract_tests.gateway.resources import POLICIES

LISTS = 200  # the last lists during a reload, which are checked
CHANGES = 20  # changed policies, and new ones, of one reload
DELETIONS, WRITES = 20, 200  # during a reload
PACE = 0.005  # seconds between writes, which then last as long as a tick


@behaviour("reads-beside-a-reload-are-whole", phase=FIRST)
def test_what_stays_loaded_is_read_during_a_reload(gateway: Gateway) -> Steps:
    """A policy that stays loaded is read at any moment of a reload; a list is the old one or the new one."""
    policies = [gateway.create(name=f"stays {number}") for number in range(3)]
    changing = [gateway.create(name="old") for _ in range(CHANGES)]
    yield STARTED  # these writes are the first of the run, those below the last
    yield RELOAD
    yield AT_END  # the next part needs a reload for itself alone
    for policy in changing:
        gateway.put(policy["id"], {**policy, "name": "new"})
        gateway.create(name="new")
    before, lists = _names(gateway, gateway.list()), []
    with ThreadPoolExecutor(1) as threads:
        reloading = threads.submit(gateway.target.reload)
        while not reloading.done():
            for policy in policies:
                expect_policy(gateway.get(policy["id"]), gateway, policy)
            del gateway.exchanges[:-3]  # a report would have the reads of a second
            # `ask` does not log: in the log the list would be before the reload
            lists.append(gateway.target.ask(Request("GET", POLICIES)))
            del lists[:-LISTS]
        gateway.exchanges.append(reloading.result())
    after = _names(gateway, gateway.list())
    for exchange in lists:
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
    """A write or a deletion during a reload takes effect with the next reload at the latest."""
    deleted = [gateway.create(name=f"gone {number}") for number in range(DELETIONS)]
    yield RELOAD
    yield AT_END
    policies: list[dict[str, str]] = []
    with ThreadPoolExecutor(1) as threads:
        reloading = threads.submit(gateway.target.reload)
        while len(policies) < WRITES and (len(policies) < len(deleted) or not reloading.done()):
            policy = {"id": gateway.new_id(), "name": "beside"}
            expect_written(gateway.post(policy), policy["id"], "added")
            if len(policies) < len(deleted):
                gateway.delete(deleted[len(policies)]["id"])
            policies.append(policy)
            wait([reloading], PACE)
        gateway.exchanges.append(reloading.result())
    yield RELOAD

    for policy in policies:
        expect_policy(gateway.get(policy["id"]), gateway, policy)
    for policy in deleted:
        expect_error(gateway.get(policy["id"]), 404, "Policy not found")


@behaviour("every-blocking-reload-waits", phase=ALONE)
def test_each_of_several_blocking_reloads_has_loaded(gateway: Gateway) -> None:
    """Each of two simultaneous blocking reloads answers after a policy written before it is loaded."""
    policy = gateway.create(name="seen by both")

    def reload_and_read() -> tuple[Exchange, Exchange]:
        return gateway.target.reload(), gateway.target.send("GET", path_of(policy["id"]))

    with ThreadPoolExecutor(2) as threads:
        futures = [threads.submit(reload_and_read) for _ in range(2)]
        pairs = [future.result() for future in futures]
    for pair in pairs:
        gateway.exchanges += pair
        expect_policy(pair[1], gateway, policy)
