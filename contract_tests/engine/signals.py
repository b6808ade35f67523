"""SIGTERM interrupts a command as Ctrl-C does, so that its clean-up runs."""

from __future__ import annotations

import signal


def interrupt_on_sigterm() -> None:
    """Turn SIGTERM into a KeyboardInterrupt in the main thread; call it from there."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
