"""The ledger of spec/gateway/deviations.yaml, and the page that is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mockserver.contract import behaviours
from mockserver.contract.spec_files import SpecError, known_versions, load_yaml, spec_path
from mockserver.contract.versions import GatewayVersion, Span

_KEYS = {"id", "where", "published", "actual", "since", "until", "seen", "source", "suite"}
_HEAD = """# Where the published spec and a gateway disagree

Made from `spec/gateway/deviations.yaml` by `tyk-contract deviations`; do not edit.

*Seen* names exchanges of `spec/gateway/recordings/` that show it, in every version that it is true of.
*Read, not seen* stands where only the gateway's source says it. The last column names the behaviours
by which `tyk-contract verify` judges a gateway: by what gateways do, never by the published file.
"""


@dataclass(frozen=True)
class Evidence:
    """An exchange that shows a deviation: its status, and a text in its body."""

    scenario: str
    step: int
    status: int
    text: str


@dataclass(frozen=True)
class Deviation:
    """One row; `suite` is the behaviours that judge it, or why none does."""

    id: str
    where: str
    published: str
    actual: str
    span: Span
    seen: tuple[Evidence, ...]
    source: str
    suite: tuple[str, ...] | str


def load() -> list[Deviation]:
    """All rows.

    Raises:
        SpecError: a row has an unknown key, no evidence at all, or names no behaviour.
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
        seen=tuple(Evidence(**each) for each in raw.get("seen", ())),
        source=raw.get("source", ""),
        suite=suite,
    )


def page() -> str:
    """The ledger as Markdown."""
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
    seen = ", ".join(f"`{each.scenario}` step {each.step}" for each in row.seen)
    evidence = f"seen: {seen}" if seen else f"read, not seen: `{row.source}`"
    judged = row.suite if isinstance(row.suite, str) else ", ".join(f"`{name}`" for name in row.suite)
    cells = [row.id, f"`{row.where}`", row.published, row.actual, str(row.span), evidence, judged]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def releases(span: Span) -> list[GatewayVersion]:
    """The recorded releases that a row is true of."""
    return [release for release in known_versions().values() if release in span]
