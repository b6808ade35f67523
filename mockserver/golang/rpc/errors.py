"""The errors of remote calls."""

from __future__ import annotations


class GobError(ValueError):
    """A gob is malformed, has an unsupported type or exceeds a bound; or a value does not fit its type."""


class CallError(Exception):
    """A remote call that failed."""


class CallRefused(CallError):
    """The function answered with an error; its text is the exception's."""


class CallTimedOut(CallError):
    """The answer did not come in time."""


class ConnectionLost(CallError):
    """The server cannot be reached, or the connection ended before the answer."""


class HangUp(Exception):
    """A function's order to close the caller's connection without an answer."""
