"""The Hypothesis state machine that generates walks; it records steps and sends no request."""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from contract_tests.gateway.builders.samples import ENDPOINTS, FULL, LIMITS
from contract_tests.model.walks import POLICIES, RELOAD, Step, Walk

WALKS = 7
STEPS = 35  # of a walk, at most
RELOADS = 3  # of a walk, at most

_POLICY = st.integers(0, POLICIES - 1)
_RELOAD = st.sampled_from([False] * 7 + [True])
_MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["gold", "", "<é>&", "\u2028"]),
        "org_id": st.sampled_from(["", "acme"]),
        "rate": st.sampled_from([1, 0, 2.5, 1e21, -1]),
        "per": st.sampled_from([60, 0, 0.1]),
        "quota_max": st.sampled_from([-1, 0, 2**53 + 1]),
        "key_expires_in": st.sampled_from([0, 2592000]),
        "tags": st.sampled_from([["b", "a"], [], None]),
        "active": st.sampled_from([True, False, None]),
        "meta_data": st.sampled_from([{"b": 1, "a": [None, 1.5]}, {}, None]),
        "partitions": st.sampled_from([{"acl": True}, {"per_api": True}, {}]),
        "access_rights": st.sampled_from(
            [{"a": FULL}, {}, None]
            + [{"b": {"limit": limit}} for limit in LIMITS]
            + [{"c": {"endpoints": endpoints}} for endpoints in ENDPOINTS]
        ),
    },
).map(json.dumps)


class _Machine(RuleBasedStateMachine):
    """A state machine that records its steps and passes the walk on at its end."""

    keep: Callable[[Walk], None]

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []

    @rule(policy=_POLICY, members=_MEMBERS, reload=_RELOAD)
    def post(self, policy: int, members: str, reload: bool) -> None:
        self._write(Step("POST", policy, members), reload)

    @rule(policy=_POLICY, members=_MEMBERS, reload=_RELOAD)
    def put(self, policy: int, members: str, reload: bool) -> None:
        self._write(Step("PUT", policy, members), reload)

    @rule(policy=_POLICY, reload=_RELOAD)
    def delete(self, policy: int, reload: bool) -> None:
        self._write(Step("DELETE", policy), reload)

    @rule(policy=_POLICY)
    @precondition(lambda self: self.steps and self.steps[-1].verb not in ("GET", "LIST"))
    def get(self, policy: int) -> None:
        self.steps.append(Step("GET", policy))

    @rule()
    @precondition(lambda self: Step("LIST") not in self.steps)
    def list(self) -> None:
        self.steps.append(Step("LIST"))

    def _write(self, step: Step, reload: bool) -> None:
        self.steps.append(step)
        if reload and self.steps.count(Step(RELOAD)) < RELOADS:
            self.steps.append(Step(RELOAD))

    def teardown(self) -> None:
        type(self).keep(tuple(self.steps))


def walks() -> list[Walk]:
    """The generated walks, the same in each run."""
    generated: dict[Walk, None] = {}

    def keep(walk: Walk) -> None:
        generated[walk] = None

    run_state_machine_as_test(
        type("Machine", (_Machine,), {"keep": staticmethod(keep)}),
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return list(generated)
