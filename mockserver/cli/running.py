"""What the commands that run a mock have in common: their log, and how they tell that they have started."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mockserver.console.logs import FORMATS, LINES, LOG, configure
from mockserver.console.terminal import show
from mockserver.golang.urls import join_host_port

if TYPE_CHECKING:
    from mockserver.service.access_log import AccessLog

ALL_INTERFACES = ("0.0.0.0", "::")


def add_log_options(
    parser: argparse.ArgumentParser, about: str = "a line for each request, and for each load."
) -> None:
    """Declare the options of the log and of the start; `about` says what the log has."""
    group = parser.add_argument_group("log", f"The log is on standard error: {about}")
    amount = group.add_mutually_exclusive_group()
    amount.add_argument(
        "-q", "--quiet", action="store_true", help="Log warnings and errors alone: no requests, no loads."
    )
    amount.add_argument("-v", "--verbose", action="store_true", help="Log requests to /_mock/ too.")
    group.add_argument(
        "--log-format", choices=FORMATS, default="text", help="Form of the lines. (default: %(default)s)"
    )
    group.add_argument(
        "--start-line",
        choices=FORMATS,
        default="text",
        help="Form of the line on standard output that says where the mock listens; with json it is the only "
        "one there, and the notes go to the log. (default: %(default)s)",
    )
    group.add_argument(
        "--port-file",
        type=Path,
        metavar="FILE",
        help="File to write the port to once the mock listens; it is removed at the end.",
    )


class Logged(Protocol):
    """What answers requests, and has an access log that is set from outside."""

    access_log: AccessLog | None


class Running:
    """A command that runs a mock: its log, its start line and its port file.

    Creating it sets the log up, so it comes before the mock, whose first load is logged.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        level = logging.WARNING if options.quiet else logging.DEBUG if options.verbose else logging.INFO
        configure(options.log_format, level)

    @contextlib.contextmanager
    def logged(self, mocks: Mapping[str, Logged]) -> Iterator[None]:
        """Log the requests to mocks, by the names of their services; "" is not told."""
        from mockserver.service.access_log import AccessLog

        options = self._options
        if not options.quiet:
            line = LINES[options.log_format]
            for name, mock in mocks.items():
                mock.access_log = AccessLog(sys.stderr, line, name, is_verbose=options.verbose)
        try:
            yield
        finally:
            for mock in mocks.values():
                if mock.access_log is not None:
                    mock.access_log.close()
            if options.port_file is not None:
                options.port_file.unlink(missing_ok=True)

    def started(self, text: str, values: Mapping[str, Any]) -> None:
        """Tell that the mock listens: a line, and its port in the file that the options name.

        Raises:
            OSError: the port file cannot be written.
        """
        if self._options.port_file is not None:
            _write_port(self._options.port_file, values["port"])
        if self._options.start_line == "json":
            show(json.dumps({"event": "started", **values, "pid": os.getpid()}))
        else:
            show(text)

    def note(self, *lines: str, level: int = logging.INFO) -> None:
        """Print lines on standard output, or log them if that has the start line alone."""
        if self._options.start_line == "json":
            for line in lines:
                LOG.log(level, "%s", line)
        else:
            show(*lines)

    def warn(self, *lines: str) -> None:
        """Print or log lines that a user should act upon."""
        self.note(*lines, level=logging.WARNING)


def _write_port(path: Path, port: int) -> None:
    """Write a port, so that a reader finds either no file or a complete one."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # that nobody knows before
    try:
        with partial.open("x") as file:
            file.write(f"{port}\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def exposure(address: tuple[str, int], value: str, source: str) -> list[str]:
    """A line if a mock listens on all interfaces: the bound address, what was asked for, and by what."""
    host, port = address
    if host not in ALL_INTERFACES:
        return []
    shown, reason = join_host_port(host, port), f"{source} is {value or 'empty'}"
    return [f"it listens on all interfaces ({shown}), for {reason}; other machines can reach it"]


def source_of_address(variable: str, path: Path | None, host: str | None = None) -> str:
    """What sets the address to listen on: --host, if that is given, the variable, or the key of a file."""
    if host is not None:
        return "--host"
    return variable if variable in os.environ else f"listen_address in {path}"


def ignored_lines(path: Path | None, keys: list[str], service: str = "gateway") -> list[str]:
    """Lines with the keys of a configuration file that a mock ignores, those that may matter first.

    Args:
        path: the file; None if there is none.
        keys: the keys, with dotted names for nested ones.
        service: the product that the file configures.
    """
    if not keys:
        return []
    from mockserver.contract.member_tables import unseen_keys

    unseen = unseen_keys(service, keys)
    seen = set(keys) - unseen
    lines = {
        f"{path}: the mock ignores {{}}, by which a real {service} may answer otherwise": seen,
        f"{path}: the mock ignores {{}}, on which no answer depends": unseen,
    }
    return [line.format(", ".join(sorted(names))) for line, names in lines.items() if names]
