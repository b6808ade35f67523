"""The option --fault of the commands that run a mock: faults from the start, by the names of scenarios."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.serving.mock_server import MockServer


def add_fault_option(parser: argparse._ActionsContainer, note: str) -> None:
    """Declare --fault; `note` says which names there are."""
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[=TIMES]",
        help=f"Let requests fail from the start: {note}, so many times, or always (0). May be repeated.",
    )


def set_fault(mock: MockServer, text: str) -> str:
    """Set the fault of an option; returns a line that says what it does.

    Raises:
        FaultError: there is no such scenario, or the number of times is none.
    """
    from mockserver.service.faults import FaultError

    name, _, times = text.partition("=")
    if times and not (times.isascii() and times.isdigit()):
        raise FaultError(f"--fault {text!r} does not end in a number; give {name}=3, or {name}=0 for always")
    members: dict[str, Any] = {"scenario": name, **({"times": int(times)} if times else {})}
    effect = mock.fault(**members)
    return f"fault {name}: {effect}"
