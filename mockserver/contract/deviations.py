"""The deviations of a service from its published spec (deviations.yaml in its folder), and their page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockserver.contract import addresses, behaviours
from mockserver.contract.spec_files import SpecError, known_versions, load_yaml, spec_path
from mockserver.contract.versions import GatewayVersion, Span

_KEYS = {"id", "where", "published", "actual", "since", "until", "seen", "source", "suite"}
_HEADS = {
    "gateway": """# Where the published spec and a gateway disagree

Generated from `spec/gateway/deviations.yaml` by `tyk-contract deviations`; do not edit.

*Seen* names exchanges in `spec/gateway/recordings/` that show the deviation, in all versions that have it.
*Read, not seen* means that the only evidence is the gateway's source. The last column names the behaviours
by which `tyk-contract verify` judges a gateway: they follow real gateways, not the published file.
""",
    "dashboard": """# Where the published documents and a Dashboard disagree

Generated from `spec/dashboard/deviations.yaml` by `tyk-contract deviations --service dashboard`; do not edit.

No Dashboard was recorded. *Read* names what contradicts the published file: data that somebody exported from
a real Dashboard, clients that work with real Dashboards, or another page of the vendor's. The abbreviations
are explained at the head of `spec/dashboard/behaviours.yaml`. The last column names the behaviours by which
`tyk-contract verify --service dashboard` judges a Dashboard.
""",
}
_SERVICE = spec_path("gateway")


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


def load(folder: Path = _SERVICE) -> list[Deviation]:
    """Read all deviations in a service's folder, by default spec/gateway.

    Raises:
        SpecError: a row has an unknown key, an unknown behaviour, or no evidence.
    """
    rows = load_yaml(folder / "deviations.yaml")["deviations"]
    return [_row(raw, folder) for raw in rows]


def _row(raw: dict[str, Any], folder: Path = _SERVICE) -> Deviation:
    suite = raw["suite"] if isinstance(raw["suite"], str) else tuple(raw["suite"])
    unknown = set() if isinstance(suite, str) else set(suite) - behaviours.load(folder).keys()
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


def page(folder: Path = _SERVICE) -> str:
    """The table of a service as a Markdown page."""
    rows = load(folder)
    lines = [
        _HEADS[folder.name],
        f"| id | where | published | {folder.name} | versions | evidence | judged by |",
        "| - " * 7 + "|",
    ]
    lines += [_line(row) for row in rows]
    read = sum(not row.seen for row in rows)
    lines += ["", f"{len(rows)} deviations, {len(rows) - read} of them seen, {read} read and not seen."]
    return "\n".join(lines) + "\n"


def _line(row: Deviation) -> str:
    seen = ", ".join(f"`{exchange.scenario}` step {exchange.step}" for exchange in row.seen)
    evidence = f"seen: {seen}" if seen else f"read, not seen: {_linked(row.source)}"
    judged = row.suite if isinstance(row.suite, str) else ", ".join(f"`{name}`" for name in row.suite)
    cells = [row.id, f"`{row.where}`", row.published, row.actual, str(row.span), evidence, judged]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _linked(source: str) -> str:
    """A source in Markdown, with links to what the public can read."""
    return "".join(
        f"[{part.text}]({part.url})" if part.url else part.text for part in addresses.segments(source)
    )


def releases(span: Span) -> list[GatewayVersion]:
    """The recorded releases of the gateway within a span."""
    return [release for release in known_versions().values() if release in span]
