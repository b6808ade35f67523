"""One module for each command: `add` declares it, `run` does it. Heavy imports wait until it runs."""

from __future__ import annotations

import argparse
import os
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  it has no other name

CONFORMS, BROKEN, USAGE, UNREACHABLE = 0, 1, 2, 3
EXIT_CODES = "exit codes: 0 conforms, 1 does not, 2 usage or our fault, 3 gateway unreachable"


def secret_of(options: argparse.Namespace) -> str:
    """The gateway's secret: --secret, or else the variable TYK_GW_SECRET; empty where neither is given."""
    return os.environ.get("TYK_GW_SECRET", "") if options.secret is None else str(options.secret)
