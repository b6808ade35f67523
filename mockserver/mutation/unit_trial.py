"""The trial of a mutant by the project's own tests, for defects that no client can observe.

A client of a gateway does not see the journal, the faults, the clock, the storage or the configuration;
the tests of the mock do.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mockserver.mutation import edited_module
from mockserver.mutation.mutant import Mutant

UNIT_TESTS: dict[str, tuple[str, ...]] = {  # the names of the test modules, by mutated module
    "contract.routes": ("routes",),
    "gateway.config": ("config", "serve"),
    "http.messages": ("wire",),
    "http.responses": ("wire",),
    "http.server": ("wire",),
    "service.clock": ("clock", "mock_gateway"),
    "service.faults": ("mock_gateway",),
    "service.journal": ("dispatcher", "mock_gateway", "mock_safety"),
    "service.mock": ("dispatcher", "mock_gateway", "store"),
    "service.registry": ("dispatcher", "mock_gateway"),
    "serving.dispatcher": ("dispatcher", "mock_gateway"),
    "storage.backend": ("dispatcher", "store"),
    "storage.directory_lock": ("files",),
    "storage.files": ("files", "mock_safety"),
    "storage.redis_backend": ("store",),
}
TRIAL_SECONDS = 120.0  # limit of a test run, which a mutant may keep from ending
_FOLDER = Path(__file__).parent.parent.parent / "tests"
_FAILED, _PASSED = 1, 0  # exit codes of pytest


def is_tried_by_tests(mutant: Mutant) -> bool:
    """True if the mutant's module has tests here: in a checkout, not in an installed package."""
    return mutant.edit is not None and mutant.edit.module in UNIT_TESTS and _FOLDER.is_dir()


def failing_test(mutant: Mutant) -> str | None:
    """The id of the first test that fails on the mutant; "" if all pass, None if the module does not load."""
    assert mutant.edit is not None
    files = [str(_FOLDER / f"test_{name}.py") for name in UNIT_TESTS[mutant.edit.module]]
    command = [
        sys.executable, "-P", "-m", "pytest", "-x", "-q", "--tb=no", "-p", edited_module.__name__,
        "-p", "no:randomly", "-p", "no:cacheprovider", *files,
    ]  # fmt: skip
    environment = {**os.environ, edited_module.VARIABLE: mutant.as_json(), "PYTHONPATH": str(_FOLDER.parent)}
    try:
        process = subprocess.run(
            command, capture_output=True, text=True, timeout=TRIAL_SECONDS, check=False,
            cwd=_FOLDER.parent, env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "a test that does not end"
    if process.returncode == _PASSED:
        return ""
    failures = [line.split()[1] for line in process.stdout.splitlines() if line.startswith("FAILED ")]
    return failures[0] if process.returncode == _FAILED and failures else None
