"""The deviations of a gateway from its published spec (spec/gateway/deviations.yaml), and their page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mockserver.contract import behaviours
from mockserver.contract.spec_files import SpecError, known_versions, load_yaml, spec_path
from mockserver.contract.versions import GatewayVersion, Span

_KEYS = {"id", "where", "published", "actual", "since", "until", "seen", "source", "suite"}
_HEAD = """# Where the published spec and a gateway disagree

Generated from `spec/gateway/deviations.yaml` by `tyk-contract deviations`; do not edit.

*Seen* names exchanges in `spec/gateway/recordings/` that show the deviation, in all versions that have it.
*Read, not seen* means that the only evidence is the gateway's source. The last column names the behaviours
by which `tyk-contract verify` judges a gateway: they follow real gateways, not the published file.
"""


@dataclass(frozen=True)
class Evidence:
    """A recorded exchange that shows a deviation: scenario, step, status, and a text in the response body."""

    scenario: str
    step: int
    status: int
    text: str


@dataclass(frozen=True)
class Deviation:
    """A row of the table; `suite` has the ids of the behaviours that judge it, or the reason for none."""

    id: str
    where: str
    published: str
    actual: str
    span: Span
    seen: tuple[Evidence, ...]
    source: str
    suite: tuple[str, ...] | str


def load() -> list[Deviation]:
    """Read all deviations.

    Raises:
        SpecError: a row has an unknown key, an unknown behaviour, or no evidence.
    """
    rows = load_yaml(spec_path("gateway/deviations.yaml"))["deviations"]
    return [_row(raw) for raw in rows]


def _row(raw: dict[str, Any]) -> Deviation:
    suite = raw["suite"] if isinstance(raw["suite"], str) else tuple(raw["suite"])
    unknown = set() if isinstance(suite, str) else set(suite) - behaviours.load().keys()
    if raw.keys() - _KEYS or unknown or not (raw.get("seen") or raw.get("source")):
        raise SpecError(f"deviations.yaml: row {raw['id']!r} has an unknown key or behaviour, or no evidence")
    return Deviation(
        id=raw["id"],
        where=raw["where"],
        published=raw["published"],
        actual=raw["actual"],
        span=Span.parse(raw.get("since"), raw.get("until")),
        seen=tuple(Evidence(**exchange) for exchange in raw.get("seen", ())),
        source=raw.get("source", ""),
        suite=suite,
    )


def page() -> str:
    """The table as a Markdown page."""
    rows = load()
    lines = [
        _HEAD,
        "| id | where | published | gateway | versions | evidence | judged by |",
        "| - " * 7 + "|",
    ]
    lines += [_line(row) for row in rows]
    read = sum(not row.seen for row in rows)
    lines += ["", f"{len(rows)} deviations, {len(rows) - read} of them seen, {read} read and not seen."]
    return "\n".join(lines) + "\n"


def _line(row: Deviation) -> str:
    seen = ", ".join(f"`{exchange.scenario}` step {exchange.step}" for exchange in row.seen)
    evidence = f"seen: {seen}" if seen else f"read, not seen: `{row.source}`"
    judged = row.suite if isinstance(row.suite, str) else ", ".join(f"`{name}`" for name in row.suite)
    cells = [row.id, f"`{row.where}`", row.published, row.actual, str(row.span), evidence, judged]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def releases(span: Span) -> list[GatewayVersion]:
    """The recorded releases within a span."""
    return [release for release in known_versions().values() if release in span]
