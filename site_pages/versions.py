"""The page of supported versions, from the data in spec/."""

from __future__ import annotations

from mockserver.cli import SERVICES, service_named
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import known_versions, version_of
from site_pages.markdown import page, table


def versions_page() -> str:
    """Each release line of each service, and what is known of it."""
    return page(
        "Supported versions",
        "A release line stands for all its releases; what differs within a line is in the behaviours. Others "
        "are refused, for nothing is known of them. `tyk-contract diff OLD NEW` lists what changes.",
        *([f"## {name.capitalize()}", *_lines(name)] for name in SERVICES),
    )


def _lines(name: str) -> list[str]:
    service = service_named(name)
    default = version_of(None, service.folder)
    rows = []
    for line, release in known_versions(service.folder).items():
        recorded = (service.folder / "recordings" / f"{release}.jsonl").is_file()
        count = sum(row.holds_for(release) for row in service.behaviours.values())
        operations = len(Contract.load(release, service.folder).operations)
        mark = " (default)" if release == default else ""
        rows.append((f"{line}{mark}", str(release), "yes" if recorded else "no", str(operations), str(count)))
    return table(("line", "release", "recorded", "operations", "behaviours"), rows)
