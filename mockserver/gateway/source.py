"""What a gateway takes its policies and APIs from instead of files."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol


class ReloadHangs(Exception):
    """A reload that never ends, as on a real gateway; the message tells why."""


class Component(NamedTuple):
    """The health of a part of a gateway, as /hello shows it; `output` is the reason of a failure."""

    passes: bool
    output: str = ""


class Source(Protocol):
    """A Dashboard or a control plane that feeds a gateway.

    Attributes:
        has_news: True if a change is known whose reload is not queued yet.
    """

    has_news: bool

    @property
    def description(self) -> str:
        """What it is and where, for a message."""

    def start(self) -> None:
        """Begin to load, in the background."""

    def reload(self) -> None:
        """Load what the source has; returns when that is done, or has failed.

        Raises:
            ReloadHangs: on a real gateway the reload would never end.
        """

    def queue_reload(self) -> None:
        """Begin a reload in a thread, unless one waits to begin."""

    def fetch_session(self, org_id: str, key: str) -> tuple[str, dict[str, Any]] | None:
        """The full id and the session of a key that the gateway lacks; None if the source has none."""

    def health(self) -> dict[str, Component]:
        """The health of the source by the name of the component, as of the last liveness check."""

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is in progress, at most so many seconds; True if nothing is."""

    def restart(self) -> None:
        """Begin as a gateway that has just started."""

    def close(self) -> None:
        """Take leave of the source."""
