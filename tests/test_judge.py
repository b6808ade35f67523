"""The two validators of answers, openapi-core and jsonschema-rs, come to one verdict."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contract_tests.engine.exchange import Exchange
from contract_tests.engine.openapi_core_judge import Answered, validator
from contract_tests.engine.schema_judge import SchemaJudge
from contract_tests.gateway.builders.samples import full_policy
from mockserver.contract.codecs import Codec
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import default_version
from mockserver.http.auth import Auth
from mockserver.http.client import Answer

AUTH = Auth("X-Secret", "s3cret")
CONTRACT = Contract.load(default_version())
JUDGE = SchemaJudge(CONTRACT)
OPENAPI_CORE = validator(CONTRACT)
SOUND = json.loads(
    Codec.of(CONTRACT, "Policy").encode(
        Codec.of(CONTRACT, "Policy").decode(json.dumps(full_policy(1)).encode())
    )
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
@example({**SOUND, "quota_max": 1 << 63})
@example({**SOUND, "quota_max": -(1 << 63)})
def test_both_validators_agree(policy: Any) -> None:
    """Both validators refuse an answer, or neither does."""
    body, path = json.dumps(policy), "/tyk/policies/x"
    answer = Answer(200, (("Content-Type", "application/json"),), body.encode())
    exchange = Exchange("GET", path, (), None, answer, "", False, "http://x", AUTH)
    violation = OPENAPI_CORE(Answered("GET", path, 200, "application/json", body.encode()))
    assert bool(violation) is bool(JUDGE.violations(CONTRACT.operations["getPolicy"], exchange))


def _read(name: str, value: Any) -> Exchange:
    """GET of a policy with one member replaced."""
    body = json.dumps({**SOUND, name: value}).encode()
    answer = Answer(200, (("Content-Type", "application/json"),), body)
    return Exchange("GET", "/tyk/policies/x", (), None, answer, "", False, "http://x", AUTH)


def test_jsonschema_rs_judges_every_answer() -> None:
    """Each answer is judged once, whether the log is read at once or as it grows."""
    judge, log = SchemaJudge(CONTRACT), [_read("name", "gold")]
    judge.read(log)
    assert judge.findings() == []
    log += [_read("name", 1), _read("name", "gold")]
    for _ in range(2):
        judge.read(log)
    assert [violation.exchange for violation in judge.findings()] == [log[1]]


def test_openapi_core_judges_one_answer_of_each_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """openapi-core judges the first answer of each kind in which jsonschema-rs finds nothing."""
    monkeypatch.setattr(SchemaJudge, "violations", lambda *_: [])
    judge = SchemaJudge(CONTRACT)
    judge.read([_read("name", 1), _read("rate", "2")])
    assert [violation.message for violation in judge.findings()] == ["/name: 1 is not of type 'string'"]


@pytest.mark.parametrize("body", [rb'[5, "\ud800"]', rb'[{"\ud800": 1}]', rb'["\ud800", 5]'])
def test_half_of_a_surrogate_pair_is_a_violation(body: bytes) -> None:
    """A text that the validator cannot take is a violation, wherever it stands, and no error of the suite."""
    assert CONTRACT.response_violations(CONTRACT.operations["listPolicies"], 200, "application/json", body)


def test_no_grammars_of_iris_are_compiled(tmp_path: Path) -> None:
    """The import of openapi-core leaves out rfc3987-syntax, which a user may have, and lets others import it."""
    (tmp_path / "rfc3987_syntax.py").write_text("def is_valid_syntax(*_): ...\nprint('compiled')\n")
    lines = (
        "from contract_tests.engine.openapi_core_judge import validator",
        "from mockserver.contract.openapi import Contract",
        "from mockserver.contract.spec_files import default_version",
        "validator(Contract.load(default_version()))",
        "print('loaded')",
        "import rfc3987_syntax",
    )
    command = [
        sys.executable,
        "-c",
        "\n".join((f"import sys; sys.path.insert(0, {str(tmp_path)!r})", *lines)),
    ]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.split() == ["loaded", "compiled"]
