"""Run the suite in a process of its own, and take its report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Timer

from contract_tests.engine.helper_process import environment, python
from contract_tests.engine.preflight import DetectedVersion
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.signals import END_SECONDS, ENDED_AT_ONCE
from contract_tests.report import verdicts
from contract_tests.report.verdicts import Report
from mockserver.console.credentials import NODE_SECRET
from mockserver.http.connection_options import variables_of
from mockserver.http.deadline import CLEANUP_SECONDS
from mockserver.http.redaction import all_hidden

_PACKAGE = Path(__file__).parent.parent
SUITE = (  # pytest's arguments for these tests, free of the user's configuration
    str(_PACKAGE), f"--rootdir={_PACKAGE}", f"--config-file={os.devnull}",
    "-pno:cacheprovider", "-pmockserver.serving.pytest_plugin",
)  # fmt: skip
_UNUSED = (  # of pytest's own plugins; each looks at each test
    "logging", "unraisableexception", "threadexception", "warnings", "recwarn", "doctest", "junitxml",
    "pastebin", "stepwise", "setuponly", "setupplan", "faulthandler", "tmpdir", "monkeypatch", "legacypath",
)  # fmt: skip
SLACK_SECONDS = 60.0  # beyond the limits of a run and its clean-up, for its start and its report
STOP_SECONDS = END_SECONDS + 1.0  # from an interruption until the process of the suite is killed
KILLED = -9  # exit code of a process that was killed
KILL_SECONDS = 1.0  # from a second interruption until then


class Interrupted(KeyboardInterrupt):
    """A run that was interrupted; the message says what is left on the service."""


class _Stopped(Exception):
    """The process of the suite was stopped; `is_clean` is False if its clean-up did not come to an end."""

    def __init__(self, *, is_clean: bool) -> None:
        super().__init__()
        self.is_clean = is_clean


class SuiteError(RuntimeError, ValueError):
    """The suite itself came to no verdict; a fault of ours, never of the service."""


def run(options: RunOptions, detected: DetectedVersion) -> Report:
    """Run all tests in a fresh interpreter, free of the user's pytest configuration and plugins.

    Raises:
        SuiteError: no report came out; the message has the end of what pytest said.
        Interrupted: the run was interrupted.
    """
    with tempfile.TemporaryDirectory(prefix="tyk-contract-") as folder:
        path = Path(folder) / "report.json"
        options = replace(options, version=str(detected.version), unattended=True, report=path)
        command = python(
            "-m", "pytest", *SUITE, "-q", "--tb=short", "--no-header", "--capture=no", "--assert=plain",
            *(f"-pno:{name}" for name in _UNUSED), *options.to_arguments(),
        )  # fmt: skip
        variables = environment()
        variables |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", options.variable: options.secret}
        variables[NODE_SECRET.variable] = options.second
        variables |= variables_of(options.connection)
        variables.pop("PYTEST_ADDOPTS", None)
        try:
            output = _wait(command, variables, options.max_time + CLEANUP_SECONDS + SLACK_SECONDS)
        except _Stopped as stop:
            raise Interrupted(_remains(path, options.service, is_clean=stop.is_clean)) from None
        except subprocess.TimeoutExpired as late:
            advice = _advice(options.service)
            raise SuiteError(f"the suite did not end within {late.timeout:g} s; {advice}") from late
        if not path.exists():
            error = SuiteError("the suite came to no verdict; it said:")
            secrets = (options.secret, options.second, *options.connection.secrets)
            error.add_note(all_hidden(output, secrets)[-3000:])
            raise error
        report = verdicts.from_json(path.read_text("utf-8"))
    return replace(report, gateway=str(detected.version), version_source=detected.source)


def _wait(command: list[str], variables: dict[str, str], seconds: float) -> str:
    """The output of the suite, which has so many seconds.

    An interruption is passed on, and its clean-up waited for; a second one ends the suite at once.

    Raises:
        TimeoutExpired: the suite did not end in time.
        _Stopped: it was interrupted.
    """
    interruptions: list[Timer] = []
    with subprocess.Popen(
        command,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=None if sys.stderr.isatty() else subprocess.STDOUT,
    ) as process:

        def interrupt(*_: object) -> None:
            process.terminate()
            interruptions.append(Timer(KILL_SECONDS if interruptions else STOP_SECONDS, process.kill))
            interruptions[-1].start()

        with _handling(interrupt):
            try:
                output, _ = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            finally:
                for timer in interruptions:
                    timer.cancel()
    if interruptions:
        raise _Stopped(is_clean=process.returncode not in (ENDED_AT_ONCE, KILLED))
    return output.decode("utf-8", "replace")


@contextmanager
def _handling(handler: Callable[..., None]) -> Iterator[None]:
    """Let a function handle the signals that interrupt a command, for a with block."""
    replaced = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, former in replaced.items():
            signal.signal(number, former)


def _advice(service: str) -> str:
    flag = "" if service == RunOptions.service else f" --service {service}"
    return f"remove what the run wrote with `tyk-contract clean URL{flag}`"


def _remains(path: Path, service: str, *, is_clean: bool) -> str:
    """The message about what an interrupted run left behind, from its report if it wrote one."""
    try:
        remains = verdicts.from_json(path.read_text("utf-8")).leftovers
    except (OSError, ValueError, LookupError, TypeError):
        if not is_clean:
            return f"interrupted before the clean-up; {_advice(service)}"
        remains = ()
    if remains:
        return f"interrupted; could not remove: {', '.join(remains)}; {_advice(service)}"
    return "interrupted; everything that the run wrote has been removed"
