"""`tyk-contract why`: the policy and the rule that each value of a session comes from."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from serving import error_line, run_command

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
    body = session if isinstance(session, str) else json.dumps(session)
    return run_command("why", "--policies", folder, "--session", "-", *flags, stdin=body)


def reasons(folder: Path, session: Any) -> dict[str, tuple[Any, str, str]]:
    """Value, origin and rule of each path of the session."""
    explanation = json.loads(why(folder, session, "--format", "json").stdout)
    return {
        reason["path"]: (reason["value"], reason["origin"], reason["rule"])
        for reason in explanation["reasons"]
    }


def test_each_limit_names_its_policy_and_rule(folder: Path) -> None:
    """The better of two policies sets each limit, and a single API's limits are the session's own."""
    by_path = reasons(folder, {"apply_policies": ["gold", "silver"], "alias": "a"})
    limit = "access_rights/orders/limit"
    assert by_path[f"{limit}/rate"] == (5, "silver", "the shorter interval wins")
    assert by_path[f"{limit}/quota_max"] == (-1, "silver", "the larger quota wins")
    assert by_path["rate"] == (5, "silver", "a single API's limits are the session's own")
    assert by_path["access_rights/orders/versions"][:2] == (["v1", "v2"], "gold, silver")
    assert by_path["meta_data/plan"] == ("s", "silver", "the last policy's metadata counts")
    assert by_path["alias"] == ("a", "the session itself", "no policy touches it")


def test_a_policy_without_rights_leaves_the_limits_of_an_api(folder: Path) -> None:
    """A policy without rights does not replace the limits of an API that another policy grants."""
    by_path = reasons(folder, {"apply_policies": ["gold", "rate"], "max_query_depth": 4})
    assert by_path["access_rights/orders/limit/quota_max"][1] == "gold"
    assert by_path["access_rights/orders/limit/rate"][1:] == ("gold", "the shorter interval wins")


@pytest.mark.parametrize("form", ["text", "mermaid"])
def test_each_form_names_path_policy_and_rule(folder: Path, form: str) -> None:
    """`why` prints the path, the policy and the rule of a limit as text and as a chart."""
    output = why(folder, {"apply_policies": ["gold", "silver"]}, "--format", form).stdout
    assert ("flowchart LR" in output) is (form == "mermaid")
    assert "access_rights/orders/limit/rate" in output
    assert "silver" in output
    assert "the shorter interval wins" in output


@pytest.mark.parametrize(
    ("names", "refusal"),
    [
        (["gone"], 'policy not found: "gone"'),
        (["gone", "lost"], "key has no valid policies to be applied"),
        (["mixed"], "cannot apply policy mixed which has per_api and any of partitions set"),
    ],
    ids=["one missing policy", "all missing", "mixed partitions"],
)
def test_a_refusal_of_the_gateway_is_printed(folder: Path, names: list[str], refusal: str) -> None:
    """`why` prints the gateway's refusal of a session, and ends with exit code 1."""
    process = why(folder, {"apply_policies": names})
    assert process.returncode == 1, process.stderr
    assert process.stdout.splitlines()[0] == f"refused: {refusal}"


@pytest.mark.parametrize("session", ["{", '{"rate":"x"}'])
def test_an_invalid_session_is_an_error(folder: Path, session: str) -> None:
    """`why` names an input that is no session in one line."""
    assert "is not a session" in error_line(why(folder, session))


def test_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    """`why` names a directory that does not exist in one line."""
    assert "is not a directory" in error_line(why(tmp_path / "none", {}))
