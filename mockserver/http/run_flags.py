"""The settings of a run of the suite, as flags of `verify` and as options of pytest, from one table.

Every pytest session imports this module, so it imports no heavy modules itself.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockserver.http.deadline import RUN_SECONDS

TIMEOUT = 10.0  # seconds of an answer


def seconds(text: str) -> float:
    """The seconds of an argument."""
    time = float(text)
    if not 0 < time < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no time; give seconds, as in 600")
    return time


def count(text: str) -> int:
    """The number of runs of an argument."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of runs; give 1 or more")
    return value


@dataclass(frozen=True)
class RunFlag:
    """A setting of a run.

    Attributes:
        field: its name as an attribute of `RunOptions`.
        name: the flag of `verify`, without its dashes; the other one of pytest begins with `scope`.
        scope: "gateway" for what says how the service is reached or treated, else "contract".
        help: a sentence; the default is told after it where the sentence asks for that.
        type: makes the value of a text; bool for a flag that takes none, list for one that may be repeated.
        default: the value without the flag.
        group: the heading that `verify --help` has it under.
    """

    field: str
    name: str
    scope: str
    help: str
    type: Callable[[str], Any] = bool
    default: Any = False
    metavar: str = ""
    group: str = "course of the run"

    @property
    def option(self) -> str:
        """The option of pytest."""
        return f"--{self.scope}-{self.name}"

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of `add_argument` or `addoption`, but for the name."""
        if self.type is bool:
            return {"action": "store_true", "help": self.help}
        values = {"default": self.default, "metavar": self.metavar, "help": self.help}
        if self.type is list:
            return {**values, "action": "append", "default": list(self.default)}
        return {**values, "type": self.type}

    def texts(self, value: Any) -> Iterator[str]:
        """The arguments of pytest that give a value again; none give the default."""
        if self.type is bool:
            yield from [self.option] if value else ()
        elif value != self.default:
            yield from (f"{self.option}={item}" for item in (value if self.type is list else [value]))

    def value(self, parsed: Any) -> Any:
        """The value as `RunOptions` has it."""
        return tuple(parsed) if self.type is list else parsed


FLAGS = (
    RunFlag(
        "strict", "strict", "contract",
        "Let every behaviour fail, also those whose evidence is too thin; else they are observed.",
        group="rules",
    ),
    RunFlag("read_only", "read-only", "gateway", "Write and reload nothing.", group="rules"),
    RunFlag(
        "allow_group_reload", "allow-group-reload", "gateway",
        "Also check /tyk/reload/group, which reloads all gateways of the group.", group="rules",
    ),
    RunFlag(
        "upstream", "upstream", "gateway",
        "URL that the run's APIs forward to. Needed if the gateway is on another machine.",
        str, "", "URL", group="rules",
    ),
    RunFlag(
        "configuration", "conf", "gateway",
        "Configuration file (tyk.conf) that the gateway has, to judge what shows only under some of its "
        "settings too, and to leave out what others hide. It needs a URL.",
        Path, None, "FILE", group="rules",
    ),
    RunFlag(
        "only", "only", "contract",
        "Judge these alone, as in 'id-*' or addPolicy. May be repeated, and have commas.",
        list, (), "PATTERN", group="parts",
    ),
    RunFlag("skip", "skip", "contract", "Leave these out. As --only.", list, (), "PATTERN", group="parts"),
    RunFlag(
        "failed", "failed", "contract", "Judge what failed in an earlier JSON report.",
        Path, None, "REPORT", group="parts",
    ),
    RunFlag(
        "quick", "quick", "gateway", "Skip slow checks; the report lists what was skipped.", group="parts",
    ),
    RunFlag(
        "repeat", "repeat", "contract",
        "Run the tests N times; a behaviour that fails in some runs only is called flaky.", count, 1, "N",
    ),
    RunFlag(
        "seed", "seed", "contract",
        "Run the tests in an order that the seed decides (0: in the order of the suite); generated requests "
        "are the same in every run.",
        int, 0, "N",
    ),
    RunFlag(
        "timeout", "timeout", "contract",
        "Time of one answer, until it counts as missing. (default: %(default)g)", seconds, TIMEOUT, "SECONDS",
    ),
    RunFlag(
        "max_response_time", "max-response-time", "contract",
        "Time of an answer from which it fails the service. Without it, slow answers are told alone.",
        seconds, 0.0, "SECONDS",
    ),
    RunFlag(
        "max_time", "max-time", "gateway",
        "Time of all requests together. What is not judged by then is reported as an error; what the run "
        "wrote is removed, which has up to 60 s of its own. (default: %(default)g)",
        seconds, RUN_SECONDS, "SECONDS",
    ),
)  # fmt: skip


def add_options(add: Callable[..., Any]) -> None:
    """Declare the options of pytest by a group's `addoption`."""
    for flag in FLAGS:
        add(flag.option, **flag.arguments)


def add_flags(group: argparse._ActionsContainer, title: str) -> None:
    """Declare the flags of `verify` under one heading."""
    for flag in FLAGS:
        if flag.group == title:
            group.add_argument(f"--{flag.name}", dest=flag.field, **flag.arguments)


def values_of(value_of: Callable[[RunFlag], Any]) -> dict[str, Any]:
    """The settings by the attributes of `RunOptions`; `value_of` takes the parsed value of a flag."""
    return {flag.field: flag.value(value_of(flag)) for flag in FLAGS}


def texts_of(settings: object) -> list[str]:
    """The arguments of pytest that give settings again."""
    return [text for flag in FLAGS for text in flag.texts(getattr(settings, flag.field))]
