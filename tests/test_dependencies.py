"""Dependencies: the constraints fit the requirements, and the audit tells what it knows and what not."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LISTS = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
REQUIREMENTS = [Requirement(text) for texts in LISTS for text in texts]
LINES = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]


def test_each_requirement_has_a_constraint() -> None:
    """Each requirement of pyproject.toml has a version in constraints.txt that satisfies it."""
    pins = {canonicalize_name(pin.name): pin for pin in map(Requirement, LINES)}
    for requirement in REQUIREMENTS:
        (specifier,) = pins[canonicalize_name(requirement.name)].specifier
        assert specifier.operator == "=="
        assert requirement.specifier.contains(specifier.version), requirement


def test_each_requirement_has_a_lower_bound() -> None:
    """Each requirement has exactly one bound, the oldest version that works."""
    assert [str(requirement) for requirement in REQUIREMENTS if ">=" not in str(requirement.specifier)] == []


def test_constraints_name_no_host_and_no_path() -> None:
    """A line of constraints.txt is a name and a version, perhaps with a marker: no URL, path or option."""
    assert [line for line in LINES if not re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [\w .<>=!'()]+)?", line)] == []


def _audit(stdout: str, stderr: str = "") -> int:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    audit = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(audit)
    script = "import sys; sys.stdout.write(sys.argv[1]); sys.exit(sys.argv[2])"
    code: int = audit.main((sys.executable, "-c", script, stdout, stderr))
    return code


SOUND = {"name": "sound", "version": "1", "vulns": []}
WEAK = {"name": "weak", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
SKIPPED = {"name": "unknown", "skip_reason": "Dependency not found on PyPI"}
NO_PROXY = "Traceback\nrequests.exceptions.ProxyError: HTTPSConnectionPool(host='pypi.org', port=443)"
TIP = "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed\nTip: your network may block it"


@pytest.mark.parametrize(
    ("stdout", "stderr", "code", "line"),
    [
        (json.dumps({"dependencies": [SOUND]}), "", 0, "0 of 1 audited distributions"),
        (json.dumps({"dependencies": [SOUND, WEAK]}), "", 1, "weak 2: PYSEC-1, fixed in 3"),
        (json.dumps({"dependencies": [SKIPPED]}), "", 0, "no data on 1 more distributions"),
        ("", NO_PROXY, 0, "nothing is known of vulnerabilities"),
        ("", TIP, 0, "nothing is known of vulnerabilities"),
        ("", "usage: no such option", 2, "pip-audit failed: usage: no such option"),
        ("", "", 2, "pip-audit failed: it printed nothing"),
    ],
    ids=["sound", "vulnerable", "no data", "unreachable", "connection error", "other failure", "silence"],
)
def test_the_audit_tells_what_it_knows(
    stdout: str, stderr: str, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The audit fails for vulnerabilities, and says so if the database has no answer."""
    assert _audit(stdout, stderr) == code
    captured = capsys.readouterr()
    assert line in captured.out + captured.err
