"""SIGTERM ends a command as Ctrl-C does: what it started is ended, and what it wrote is removed."""

from __future__ import annotations

import signal


def heed_sigterm() -> None:
    """Raise KeyboardInterrupt in the main thread, which calls this, when the process is told to end."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
