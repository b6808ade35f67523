"""Differences between two sides, A and B, and for whom each matters."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

EVERYONE = "every client"
_AUDIENCES = (  # by the beginning of an operation's path; the first that fits counts
    ("/hello", "operators (probes, monitoring)"),
    ("/ready", "operators (probes, monitoring)"),
    ("/tyk/reload", "operators (deployments)"),
    ("/tyk/policies", "policy authors"),
    ("/api/portal/policies", "policy authors"),
    ("/graphql", "policy authors"),
    ("/tyk/keys", "issuers of keys"),
    ("/tyk/org", "issuers of keys"),
    ("/api/keys", "issuers of keys"),
    ("/api/apis/keys", "issuers of keys"),
    ("/tyk/oauth", "issuers of OAuth clients"),
    ("/api/apis/oauth", "issuers of OAuth clients"),
    ("/tyk/apis", "API authors"),
    ("/api/apis", "API authors"),
    ("/api/assets", "API authors"),
    ("/api/users", "administrators"),
    ("/admin", "administrators"),
    ("/register", "gateways that a Dashboard feeds"),
    ("/system", "gateways that a Dashboard feeds"),
)


@dataclass(frozen=True)
class Side:
    """One of the two that are compared.

    Attributes:
        name: a file, or a URL.
        service: "gateway" or "dashboard".
        version: the version it is, or was judged as.
    """

    name: str
    service: str
    version: str


@dataclass(frozen=True)
class Difference:
    """One difference, with all the places that show it.

    Attributes:
        kind: "status", "header", "member", "text" or "answer" of live services; the change of a verdict.
        subject: a behaviour, a JSON pointer, the name of a header, or an operation.
        a, b: what each side has.
        operations: the labels of the operations that show it.
        audiences: for whom it matters.
        count: the number of exchanges or verdicts that show it.
        example: a line to paste, or a place, that shows it; "" if there is none.
        followed: the number of exchanges whose difference may be a consequence of this one.
        members: the pointers of all members that it is about, if these are several.
    """

    kind: str
    subject: str
    a: str
    b: str
    operations: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    count: int = 1
    example: str = ""
    followed: int = 0
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """All differences of two sides.

    Attributes:
        notes: what a reader must know before the differences, such as other versions and options.
        unit: what was compared: "behaviours" or "exchanges".
        compared: the number of these.
        warnings: what could not be compared, or is left on a service.
    """

    a: Side
    b: Side
    notes: tuple[str, ...]
    differences: tuple[Difference, ...]
    unit: str
    compared: int
    warnings: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The result in one line."""
        count = len(self.differences)
        what = f"{count} difference{'s' if count != 1 else ''}" if count else "no difference"
        return f"{what} in {self.compared} {self.unit}"

    def as_dict(self) -> dict[str, Any]:
        """The comparison as JSON."""
        return {**asdict(self), "same": not self.differences}


def audience_of(path: str, level: str = "") -> str:
    """For whom an operation at a path matters; "" is any path."""
    audience = next((name for start, name in _AUDIENCES if path.startswith(start)), EVERYONE)
    return f"{audience}, under a configuration of its own" if level == "setup" else audience
