"""why: each value of a session with the policy and the rule it came from."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

POLICIES = {
    "gold": {"rate": 10, "per": 60, "quota_max": 50, "access_rights": {"orders": {"versions": ["v1"]}}},
    "silver": {"rate": 5, "per": 10, "quota_max": -1, "access_rights": {"orders": {"versions": ["v2"]}}, "meta_data": {"plan": "s"}},
    "rate": {"rate": 3, "per": 1, "partitions": {"rate_limit": True}},
    "mixed": {"partitions": {"per_api": True, "quota": True}},
}  # fmt: skip


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    for name, policy in POLICIES.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"id": name, **policy}))
    return tmp_path


def why(folder: Path, session: Any, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a session from standard input."""
    command = [sys.executable, "-m", "mockserver", "why", "--policies", str(folder), "--session", "-", *flags]
    body = session if isinstance(session, str) else json.dumps(session)
    return subprocess.run(command, input=body, capture_output=True, text=True, timeout=60, check=False)


def reasons(folder: Path, session: Any) -> dict[str, tuple[Any, str, str]]:
    """Value, origin and rule by path."""
    told = json.loads(why(folder, session, "--format", "json").stdout)
    return {each["path"]: (each["value"], each["origin"], each["rule"]) for each in told["reasons"]}


def test_each_limit_names_its_policy_and_rule(folder: Path) -> None:
    """Of two policies the better wins, and the session's own limits follow a single API."""
    found = reasons(folder, {"apply_policies": ["gold", "silver"], "alias": "a"})
    limit = "access_rights/orders/limit"
    assert found[f"{limit}/rate"] == (5, "silver", "the shorter interval wins")
    assert found[f"{limit}/quota_max"] == (-1, "silver", "the larger quota wins")
    assert found["rate"] == (5, "silver", "a single API's limits are the session's own")
    assert found["access_rights/orders/versions"][:2] == (["v1", "v2"], "gold, silver")
    assert found["meta_data/plan"] == ("s", "silver", "the last policy's metadata counts")
    assert found["alias"] == ("a", "the session itself", "no policy touches it")


def test_what_no_policy_decides_is_the_sessions(folder: Path) -> None:
    """And what a policy without rights set for it."""
    found = reasons(folder, {"apply_policies": ["gold", "rate"], "max_query_depth": 4})
    assert found["access_rights/orders/limit/quota_max"][1] == "gold"
    assert found["access_rights/orders/limit/rate"][1:] == ("gold", "the shorter interval wins")


@pytest.mark.parametrize("kind", ["text", "mermaid"])
def test_other_forms_tell_the_same(folder: Path, kind: str) -> None:
    """As lines, and as a chart."""
    shown = why(folder, {"apply_policies": ["gold", "silver"]}, "--format", kind).stdout
    assert ("flowchart LR" in shown) is (kind == "mermaid")
    for words in ("access_rights/orders/limit/rate", "silver", "the shorter interval wins"):
        assert words in shown


@pytest.mark.parametrize(
    ("names", "refusal"),
    [
        (["gone"], 'policy not found: "gone"'),
        (["gone", "lost"], "key has no valid policies to be applied"),
        (["mixed"], "cannot apply policy mixed which has per_api and any of partitions set"),
    ],
)
def test_what_a_gateway_refuses_is_told(folder: Path, names: list[str], refusal: str) -> None:
    """In the gateway's words, with exit code 1."""
    done = why(folder, {"apply_policies": names})
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, f"refused: {refusal}")


@pytest.mark.parametrize("session", ["{", '{"rate":"x"}'])
def test_what_is_no_session_is_told(folder: Path, session: str) -> None:
    """In one line, with exit code 2."""
    done = why(folder, session)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "is not a session" in done.stderr


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    """In one line, with exit code 2."""
    done = why(tmp_path / "none", {})
    assert (done.returncode, "is not a directory" in done.stderr) == (2, True)
