"""A file that is linted."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver.gateway.lint.rules import Kind


@dataclass(frozen=True)
class File:
    """A file to lint; without a kind, its name and content tell it."""

    name: str
    data: bytes
    kind: Kind | None = None
