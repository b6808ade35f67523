"""Workflow commands: the lines of a job's output that GitHub Actions acts on, such as annotations."""

from __future__ import annotations

_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}  # actions/toolkit packages/core/src/command.ts
_PROPERTY_ESCAPES = {**_ESCAPES, ":": "%3A", ",": "%2C"}


def annotation(kind: str, message: str, **properties: str) -> str:
    """The command that shows a message; the kind is "error", "warning" or "notice".

    Properties are `title`, and `file`, `line` and `col` of the place that it is shown at.
    """
    shown = ",".join(f"{name}={_escaped(value, _PROPERTY_ESCAPES)}" for name, value in properties.items())
    return f"::{kind} {shown}::{_escaped(message, _ESCAPES)}"


def stop(token: str) -> str:
    """The command from which on no line is a command, until `resume` of the same token."""
    return f"::stop-commands::{token}"


def resume(token: str) -> str:
    """The line that ends the effect of `stop`."""
    return f"::{token}::"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
