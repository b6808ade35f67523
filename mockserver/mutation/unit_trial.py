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
from mockserver.mutation.mutant import Mutant, MutantError

UNIT_TESTS: dict[str, tuple[str, ...]] = {  # the names of the test modules, by mutated module
    "contract.routes": ("routes",),
    "dashboard.records": ("dashboard_records",),
    "gateway.config": ("config", "planes", "serve"),
    "gateway.match_cache": ("regexps",),
    "gateway.service": ("guard", "mock_gateway"),
    "gateway.proxy.path_patterns": ("path_patterns",),
    "golang.regexps": ("regexps",),
    "http.chunked_body": ("wire", "odd_requests", "hostile_clients"),
    "http.connection": ("connections", "hostile_clients", "waiting", "failures"),
    "http.lanes": ("waiting",),
    "http.memory": ("hostile_clients",),
    "http.messages": ("wire", "odd_requests", "connections"),
    "http.request_reader": ("wire", "odd_requests", "hostile_clients", "connections"),
    "http.responses": ("responses", "wire"),
    "http.server": ("connections", "hostile_clients", "waiting"),
    "service.configuration": ("config", "serve"),
    "service.clock": ("clock", "mock_gateway"),
    "service.fault": ("faults", "fault_effects"),
    "service.fault_members": ("faults",),
    "service.faults": ("faults", "mock_gateway"),
    "service.journal": ("dispatcher", "journal", "mock_gateway", "mock_safety"),
    "service.journal_entry": ("dispatcher", "journal", "mock_gateway", "mock_safety"),
    "service.journal_parts": ("journal", "mock_safety"),
    "service.mock": ("dispatcher", "mock_gateway", "store"),
    "service.registry": ("dispatcher", "mock_gateway"),
    "serving.control_access": ("control_access",),
    "serving.dispatcher": ("dispatcher", "mock_gateway"),
    "storage.backend": ("dispatcher", "store"),
    "storage.directory_files": ("files", "mock_safety", "undone_files"),
    "storage.directory_lock": ("files",),
    "storage.file_names": ("file_names", "files"),
    "storage.file_writer": ("files", "mock_safety", "undone_files"),
    "storage.overwriting": ("files", "undone_files"),
    "storage.files": ("files", "mock_safety"),
    "storage.bounded_connection": ("store_url",),
    "storage.redis_backend": ("store", "store_safety"),
    "storage.redis_client": ("store_url", "store_safety"),
    "storage.redis_errors": ("store_url", "store_safety"),
    "storage.redis_listener": ("store_safety",),
    "storage.snapshot": ("files", "undone_files"),
    "storage.store_url": ("store_url",),
}
TRIAL_SECONDS = 120.0  # limit of a test run, which a mutant may keep from ending
_FOLDER = Path(__file__).parent.parent.parent / "tests"
_PASSED, _FAILED, _NOT_COLLECTED, _NO_CONFTEST = 0, 1, 2, 4  # exit codes of pytest


def is_tried_by_tests(mutant: Mutant) -> bool:
    """True if the mutant's module has tests here: in a checkout, not in an installed package."""
    return mutant.edit is not None and mutant.edit.module in UNIT_TESTS and _FOLDER.is_dir()


def test_files(module: str) -> list[Path]:
    """The files of a module's tests.

    Raises:
        MutantError: a file does not exist.
    """
    files = [_FOLDER / f"test_{name}.py" for name in UNIT_TESTS[module]]
    for file in files:
        if not file.is_file():
            raise MutantError(
                f"no tests/{file.name}; correct UNIT_TESTS in mockserver/mutation/unit_trial.py"
            )
    return files


def failing_test(mutant: Mutant) -> str | None:
    """The first test that fails on the mutant, "" if all pass; None if none can begin.

    None says that the edited module cannot be imported, or that no gateway starts with it.

    Raises:
        MutantError: a test file does not exist, or pytest cannot run the tests.
    """
    assert mutant.edit is not None
    command = [
        sys.executable, "-P", "-m", "pytest", "-x", "-q", "--tb=no", "-p", edited_module.__name__,
        "-p", "no:cacheprovider", *map(str, test_files(mutant.edit.module)),
    ]  # fmt: skip
    environment = {
        **os.environ,
        edited_module.VARIABLE: mutant.as_json(),
        "PYTHONPATH": str(_FOLDER.parent),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # no test of UNIT_TESTS needs a plugin, and some take seconds
    }
    try:
        process = subprocess.run(
            command, capture_output=True, text=True, timeout=TRIAL_SECONDS, check=False,
            cwd=_FOLDER.parent, env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "a test that does not end"
    if process.returncode == _PASSED:
        return ""
    if process.returncode not in (_FAILED, _NOT_COLLECTED, _NO_CONFTEST):
        output = process.stdout[-500:] + process.stderr[-500:]
        raise MutantError(f"{mutant.id}: pytest ended with {process.returncode}: {output}")
    lines = process.stdout.splitlines()
    failures = [line.split()[1] for line in lines if line.startswith("FAILED ")]
    if not failures and lines and " passed" in lines[-1]:  # a gateway has started
        failures = [line.split()[1] for line in lines if line.startswith("ERROR ")]
    return failures[0] if failures else None
