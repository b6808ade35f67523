"""Run the suite in a process of its own, and take its report."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from contract_tests.engine.helper_process import environment, python
from contract_tests.engine.preflight import DetectedVersion
from contract_tests.engine.run_options import SECRET_VARIABLE, RunOptions
from contract_tests.engine.signals import interrupt_on_sigterm
from contract_tests.report import verdicts
from contract_tests.report.verdicts import Report

_PACKAGE = Path(__file__).parent.parent
SUITE = (  # pytest's arguments for these tests, free of the user's configuration
    str(_PACKAGE), f"--rootdir={_PACKAGE}", f"--config-file={os.devnull}",
    "-pno:cacheprovider", "-pmockserver.pytest_plugin",
)  # fmt: skip
_UNUSED = (  # of pytest's own plugins; each looks at each test
    "logging", "unraisableexception", "threadexception", "warnings", "recwarn", "doctest", "junitxml",
    "pastebin", "stepwise", "setuponly", "setupplan", "faulthandler", "tmpdir", "monkeypatch", "legacypath",
)  # fmt: skip


class SuiteError(RuntimeError, ValueError):
    """The suite itself came to no verdict; a fault of ours, never of the service."""


def run(options: RunOptions, detected: DetectedVersion) -> Report:
    """Run all tests in a fresh interpreter, free of the user's pytest configuration and plugins.

    Raises:
        SuiteError: no report came out; the message has the end of what pytest said.
        KeyboardInterrupt: the run was interrupted; what it wrote was removed.
    """
    with tempfile.TemporaryDirectory(prefix="tyk-contract-") as folder:
        path = Path(folder) / "report.json"
        options = replace(options, version=str(detected.version), unattended=True, report=path)
        command = python(
            "-m", "pytest", *SUITE, "-q", "--tb=short", "--no-header", "--capture=no", "--assert=plain",
            *(f"-pno:{name}" for name in _UNUSED), *options.to_arguments(),
        )  # fmt: skip
        variables = environment()
        variables |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", SECRET_VARIABLE: options.secret}
        variables.pop("PYTEST_ADDOPTS", None)
        output = _wait(command, variables)
        if not path.exists():
            raise SuiteError(f"the suite came to no verdict; it said:\n{output[-3000:]}")
        report = verdicts.from_json(path.read_text("utf-8"))
    return replace(report, gateway=str(detected.version), version_source=detected.source)


def _wait(command: list[str], variables: dict[str, str]) -> str:
    """The output of the suite; an interruption is passed on, and its clean-up waited for."""
    interrupt_on_sigterm()
    with subprocess.Popen(
        command,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=None if sys.stderr.isatty() else subprocess.STDOUT,
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            process.terminate()
            process.communicate()
            raise
    return output.decode("utf-8", "replace")
