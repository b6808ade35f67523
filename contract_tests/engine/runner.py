"""Run the suite in a process of its own, and take its report."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from contract_tests.engine.preflight import Found
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
    """The suite itself came to no verdict; a fault of ours, never of the gateway."""


@dataclass(frozen=True)
class Order:
    """What to judge, and what is allowed; without a URL a mock is started."""

    url: str
    secret: str
    found: Found
    read_only: bool = False
    allow_group_reload: bool = False
    quick: bool = False
    upstream: str = ""


def run(order: Order) -> Report:
    """Run all tests in a fresh interpreter, free of the user's pytest configuration and plugins.

    Raises:
        SuiteError: no report came out; the message has the end of what pytest said.
        KeyboardInterrupt: the run was interrupted; what it wrote was removed.
    """
    with tempfile.TemporaryDirectory(prefix="tyk-contract-") as folder:
        path = Path(folder) / "report.json"
        command = [
            sys.executable, "-m", "pytest", *SUITE, "-q", "--tb=short", "--no-header",
            "--contract-unattended", f"--contract-report={path}",
            f"--gateway-version={order.found.version}", "--capture=no", "--assert=plain",
            *(f"-pno:{name}" for name in _UNUSED),
        ]  # fmt: skip
        command += [f"--gateway-url={order.url}"] if order.url else []
        command += ["--gateway-read-only"] if order.read_only else []
        command += ["--gateway-quick"] if order.quick else []
        command += [f"--gateway-upstream={order.upstream}"] if order.upstream else []
        command += ["--gateway-allow-group-reload"] if order.allow_group_reload else []
        environment = {
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "TYK_GW_SECRET": order.secret,
            "PYTHONPATH": os.pathsep.join([str(_PACKAGE.parent), os.environ.get("PYTHONPATH", "")]),
        }
        environment.pop("PYTEST_ADDOPTS", None)
        said = _wait(command, environment)
        if not path.exists():
            raise SuiteError(f"the suite came to no verdict; it said:\n{said[-3000:]}")
        made = verdicts.from_json(path.read_text("utf-8"))
    return verdicts.told(made, order.found)


def _wait(command: list[str], environment: dict[str, str]) -> str:
    """Wait for the suite; an interruption is passed on, and its clean-up waited for."""
    interrupt_on_sigterm()
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=None if sys.stderr.isatty() else subprocess.STDOUT,
    ) as process:
        try:
            said, _ = process.communicate()
        except BaseException:
            process.terminate()
            process.communicate()
            raise
    return said.decode("utf-8", "replace")
