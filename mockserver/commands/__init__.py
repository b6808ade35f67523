"""One module for each command: `add` declares it, `run` does it. Heavy imports wait until it runs."""

from __future__ import annotations

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  it has no other name

CONFORMS, BROKEN, USAGE, UNREACHABLE = 0, 1, 2, 3
EXIT_CODES = "exit codes: 0 conforms, 1 does not, 2 usage or our fault, 3 gateway unreachable"
