"""The two validators of answers, the thorough and the fast one, come to one verdict."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contract_tests.exchange import Exchange
from contract_tests.judge import Judge
from contract_tests.samples import whole
from mockserver.client import Answer
from mockserver.contract import Contract
from mockserver.policy import PolicyCodec
from mockserver.spec import default_version

CONTRACT = Contract.load(default_version())
JUDGE = Judge(CONTRACT)
SOUND = json.loads(
    PolicyCodec.of(CONTRACT).encode(PolicyCodec.of(CONTRACT).decode(json.dumps(whole(1)).encode()))
)
PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)


@st.composite
def answers(draw: st.DrawFn) -> Any:
    """A sound policy with some of its values replaced, dropped, or added, at any depth."""
    policy = json.loads(json.dumps(SOUND))
    for _ in range(draw(st.integers(0, 3))):
        node: Any = policy
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(node[key], (dict, list)) and draw(st.booleans()):
                node = node[key]
                continue
            if draw(st.booleans()):
                node[key] = draw(ANYTHING)
            else:
                del node[key]
            break
    return policy


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(answers())
@example({**SOUND, "key_expires_in": 0.0})
def test_both_validators_agree(policy: Any) -> None:
    """So that the fast one may judge what the thorough one has no time for."""
    answer = Answer(200, (("Content-Type", "application/json"),), json.dumps(policy).encode())
    exchange = Exchange("GET", "/tyk/policies/x", (), None, answer, "", False, "http://x", "s")
    operation = CONTRACT.operations["getPolicy"]
    assert bool(JUDGE.thorough(exchange)) is bool(JUDGE.fast(operation, exchange))
