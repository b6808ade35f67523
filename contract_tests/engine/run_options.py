"""The settings of one run of the suite, from the command line to pytest and back."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mockserver.console.credentials import KEY, NODE_SECRET, SECRET, read_file
from mockserver.http import connection_options, run_flags
from mockserver.http.connection_settings import ConnectionSettings
from mockserver.http.deadline import RUN_SECONDS
from mockserver.http.run_flags import TIMEOUT

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class RunOptions:
    """The settings of one run, as the user gave them; the flags of most are in `run_flags.FLAGS`.

    Attributes:
        url: the service under test; "" starts a mock.
        secret: it never stands in arguments, for other users of the machine see those.
        second: the second secret of the service, which only some tests need; "" leaves them out.
        version: the version to judge it as; "auto" asks the service.
        read_only: True if nothing may be written or reloaded.
        quick: True if slow tests are left out.
        allow_group_reload: True if /tyk/reload/group may be tried, which reloads other gateways too.
        upstream: the URL that APIs of the run forward to; "" uses a server of the suite.
        configuration: the file that the service has its configuration from; None if that is not known.
        service: the name of the service to judge: "gateway" or "dashboard".
        strict: True if rows fail the service whatever their evidence.
        max_time: the seconds that the run may take until its clean-up.
        connection: how the service is reached.
        only: patterns of the behaviours, operations, levels and groups that are judged; () for all.
        skip: patterns of those that are left out.
        failed: a JSON report; what failed in it is judged, and nothing else. None for all.
        exit_first: True if the run ends at the first failure.
        seed: the seed of the order of the tests; 0 leaves them in the order of their files.
        timeout: the seconds that an answer may take until it is given up.
        max_response_time: the seconds that an answer may take until it fails the service; 0 for any.
        repeat: how often the tests are run.
        coverage: True if the report has what the run has seen of the contract.
        unattended: True if pytest reports no single tests, so that all may run at once.
        report: the file that the verdicts are written to as JSON; None writes none.
    """

    url: str = ""
    secret: str = field(default="", repr=False)
    second: str = field(default="", repr=False)
    version: str = "auto"
    read_only: bool = False
    quick: bool = False
    allow_group_reload: bool = False
    upstream: str = ""
    configuration: Path | None = None
    service: str = "gateway"
    strict: bool = False
    max_time: float = RUN_SECONDS
    connection: ConnectionSettings = field(default=ConnectionSettings(reads_environment=True))
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    failed: Path | None = None
    exit_first: bool = False
    seed: int = 0
    timeout: float = TIMEOUT
    max_response_time: float = 0.0
    repeat: int = 1
    coverage: bool = False
    unattended: bool = False
    report: Path | None = None

    @property
    def profile(self) -> str:
        """The part of the suite that is run: "full", "quick" or "read-only"."""
        return "read-only" if self.read_only else "quick" if self.quick else "full"

    def to_arguments(self) -> list[str]:
        """The arguments of pytest that `from_config` reads these settings from, but for the secrets."""
        texts = {
            "--gateway-url": self.url,
            "--gateway-version": self.version,
            "--contract-service": self.service,
            "--contract-report": str(self.report or ""),
        }
        flags = {
            "--contract-coverage": self.coverage,
            "--contract-unattended": self.unattended,
            "--exitfirst": self.exit_first,
        }
        return [
            *(f"{name}={text}" for name, text in texts.items() if text),
            *(name for name, is_set in flags.items() if is_set),
            *run_flags.texts_of(self),
            *connection_options.arguments_of(self.connection, "gateway-"),
        ]

    @property
    def variable(self) -> str:
        """The environment variable that pytest reads the secret from."""
        return _variable_of(self.service)

    @classmethod
    def from_config(cls, config: pytest.Config) -> Self:
        """The settings that pytest was started with; secrets are read from a file or the environment.

        Raises:
            CredentialError: the file has no secret.
            ValueError: the URL has another path than the base path, or an option of the connection is wrong.
        """
        option = config.getoption
        connection = connection_options.settings_of(lambda name: option(f"--gateway-{name}"))
        url = option("--gateway-url") or ""
        file = option("--gateway-secret-file")
        variable = _variable_of(option("--contract-service"))
        report = option("--contract-report")
        return cls(
            url=connection.located(url) if url else "",
            secret=read_file(file, "--gateway-secret-file") if file else os.environ.get(variable, ""),
            second=os.environ.get(NODE_SECRET.variable, ""),
            version=option("--gateway-version"),
            service=option("--contract-service"),
            connection=connection,
            exit_first=option("maxfail") == 1,
            **run_flags.values_of(lambda flag: option(flag.option)),
            coverage=option("--contract-coverage"),
            unattended=option("--contract-unattended"),
            report=Path(report) if report else None,
        )


def _variable_of(service: str) -> str:
    return (KEY if service == "dashboard" else SECRET).variable
