"""Versions of the gateway: parsing, comparison and spans. No other module compares versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple


class VersionError(ValueError):
    """A malformed gateway version; `text` is the given value."""

    def __init__(self, text: object) -> None:
        super().__init__(f"{text!r} is not a version; write it as 5.12 or 5.12.0")
        self.text = text


class GatewayVersion(NamedTuple):
    """A release of the gateway, compared by its numbers."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: object) -> GatewayVersion:
        """Read "5.12", "5.12.0" or "v5.12.0".

        Raises:
            VersionError: the text has another form, such as that of a pre-release.
        """
        match = re.fullmatch(r"v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?", str(text))
        if match is None:
            raise VersionError(text)
        return cls(*(int(part or 0) for part in match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True)
class Span:
    """The versions from `since` on and before `until`; None leaves that end open."""

    since: GatewayVersion | None = None
    until: GatewayVersion | None = None

    @classmethod
    def parse(cls, since: object = None, until: object = None) -> Span:
        """Parse the two ends, each the text of a version or None."""
        return cls(
            None if since is None else GatewayVersion.parse(since),
            None if until is None else GatewayVersion.parse(until),
        )

    def __contains__(self, version: GatewayVersion) -> bool:
        return (self.since is None or version >= self.since) and (self.until is None or version < self.until)

    def __str__(self) -> str:
        """The span in words: "from 5.8.0 before 5.12.0", or "all"."""
        parts = [f"from {self.since}" if self.since else "", f"before {self.until}" if self.until else ""]
        return " ".join(filter(None, parts)) or "all"


def package_version(otherwise: str) -> str:
    """The version of tyk-contract itself; `otherwise` if it is not installed."""
    from importlib.metadata import (  # here, for it takes a tenth of the start-up time
        PackageNotFoundError,
        version,
    )

    try:
        return version("tyk-contract")
    except PackageNotFoundError:
        return otherwise
