"""The keywords of a fault have types, which a type checker and the mock hold alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.service.fault_keywords import Keywords, kinds
from mockserver.service.fault_members import KINDS

SCRIPT = """
from mockserver import MockDashboard, MockGateway

def test(gateway: MockGateway, dashboard: MockDashboard) -> None:
    gateway.fault("addPolicy", status=503, delay=[0.5, 2], sequence=[{"status": 500}, {"drop": True}])
    dashboard.fault(scenario="redis-down", times=2, header={"X-A": None}, body={"a": [1]})
"""


def test_all_members_are_keywords() -> None:
    """Each member of a fault but the operation is a typed keyword, and the other way round."""
    assert {**kinds(Keywords), "operation": (str,)} == KINDS
    assert KINDS["delay"] == (int, float, list)
    assert KINDS["body"] == (str, dict, list)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("", ""),
        ('gateway.fault("addPolicy", stauts=5)', 'Unexpected keyword argument "stauts"'),
        ('dashboard.fault("addPolicy", status="5")', 'Argument "status"'),
        ('gateway.fault(sequence=[{"stauts": 5}])', 'Extra key "stauts"'),
        ("gateway.fault(times=1.5)", 'Argument "times"'),
    ],
    ids=["right", "unknown", "wrong type", "unknown in a step", "fraction"],
)
def test_a_type_checker_refuses_what_the_mock_refuses(line: str, complaint: str, tmp_path: Path) -> None:
    """Mypy accepts a fault as the documents have it, and refuses a misspelt keyword and a wrong type."""
    script = tmp_path / "script.py"
    script.write_text(f"{SCRIPT}    {line}\n")
    api = pytest.importorskip("mypy.api")
    out, err, code = api.run(["--strict", "--cache-dir", str(tmp_path / "cache"), str(script)])
    assert (code != 0, complaint in out) == (bool(complaint), True), out + err
