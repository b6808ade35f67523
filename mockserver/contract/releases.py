"""The releases of the gateway and how each is known: recorded, or read in the source; and their page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from mockserver.contract import addresses, version_changes
from mockserver.contract.spec_files import SpecError, load_yaml, spec_path
from mockserver.contract.versions import GatewayVersion, Span

_KEYS = {"released", "recorded", "nearest", "differs", "note"}
_HEAD = """# Releases of the gateway

Generated from `spec/gateway/releases.yaml` by `tyk-contract diff`; do not edit.

*Recorded* releases ran, and their answers are in `spec/gateway/recordings/`. All others are *read*: their
source was compared, file by file, with that of the recorded release in the third column, and the release in
which each behaviour begins or ends was found there. The fourth column counts the files that are not the same
byte for byte, of {files} that requests for policies, keys, APIs and tokens go through. The last column counts
the changes that `tyk-contract diff` lists against the release before it in this table.

A release that is not in the table behaves as the newest before it.

| release | date | known as | files that differ | changes |
| - | - | - | - | - |
"""


@dataclass(frozen=True)
class Release:
    """A release of the gateway.

    Attributes:
        released: the date of its tag, as in 2025-08-21.
        nearest: the recorded release with which its source was compared; None if it was recorded itself.
        differs: the files that are not the same in the two.
        note: what was unlike the release in the recorded program; "" for nothing.
    """

    version: GatewayVersion
    released: str
    nearest: GatewayVersion | None
    differs: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Gap:
    """A behaviour of releases that were not recorded, which a mock of them does not show."""

    statement: str
    spans: tuple[Span, ...]
    source: str

    def holds_for(self, version: GatewayVersion) -> bool:
        """True if a gateway of this version behaves so."""
        return any(version in span for span in self.spans)


@dataclass(frozen=True)
class Releases:
    """All releases, oldest first; the files that were compared, and what is known and not mocked."""

    rows: tuple[Release, ...]
    files: tuple[str, ...]
    gaps: tuple[Gap, ...]

    def of(self, version: GatewayVersion) -> Release:
        """The release of a version, or else the newest before it.

        Raises:
            SpecError: the version is older than all releases.
        """
        older = [row for row in self.rows if row.version <= version]
        if not older:
            raise SpecError(
                f"gateway version {version} is older than {self.rows[0].version}; give a newer one"
            )
        return older[-1]

    def evidence(self, version: GatewayVersion) -> list[str]:
        """What a user of a version should know of its evidence, a line each; none if it was recorded."""
        release = self.of(version)
        lines = []
        if release.version != version:
            lines.append(f"Gateway {version} is no known release; it is mocked as {release.version}")
        if release.nearest is not None:
            lines.append(
                f"Gateway {release.version} was read and not recorded: {len(release.differs)} of "
                f"{len(self.files)} files of its source differ from {release.nearest}, which was recorded"
            )
        lines += [
            f"Gateway {release.version} also does what this mock does not ({gap.source}): {gap.statement}"
            for gap in self.gaps
            if gap.holds_for(release.version)
        ]
        return lines


@cache
def load(folder: Path | None = None) -> Releases:
    """Read the releases.yaml of a service's folder, by default spec/gateway.

    Raises:
        SpecError: a row has an unknown key, or says neither that it was recorded nor what it is nearest to.
    """
    document = load_yaml((folder or spec_path("gateway")) / "releases.yaml")
    files = tuple(document["files"])
    rows = tuple(_row(name, raw, files) for name, raw in document["releases"].items())
    gaps = tuple(
        Gap(raw["statement"], tuple(Span.parse(*ends) for ends in raw["spans"]), raw["source"])
        for raw in document["gaps"]
    )
    return Releases(rows, files, gaps)


def _row(name: str, raw: dict[str, Any], files: tuple[str, ...]) -> Release:
    differs = tuple(raw.get("differs", ()))
    if raw.keys() - _KEYS or ("recorded" in raw) == ("nearest" in raw) or set(differs) - set(files):
        raise SpecError(
            f"releases.yaml: release {name} has an unknown key or file, or not one of recorded and nearest"
        )
    nearest = GatewayVersion.parse(raw["nearest"]) if "nearest" in raw else None
    return Release(GatewayVersion.parse(name), str(raw["released"]), nearest, differs, raw.get("note", ""))


def page(folder: Path | None = None) -> str:
    """The releases as a Markdown page."""
    releases = load(folder)
    before: GatewayVersion | None = None
    lines = []
    for row in releases.rows:
        known = "recorded" if row.nearest is None else f"read, beside {row.nearest}"
        known += f"; {row.note}" if row.note else ""
        differing = "" if row.nearest is None else str(len(row.differs))
        changes = "" if before is None else str(len(version_changes.between(before, row.version, folder)))
        lines.append(f"| {row.version} | {row.released} | {known} | {differing} | {changes} |")
        before = row.version
    lines += ["", "## Files that differ", ""]
    for (nearest, differs), rows in groupby(releases.rows, key=lambda row: (row.nearest, row.differs)):
        if differs:
            names = ", ".join(str(row.version) for row in rows)
            lines += [f"- {names} against {nearest}: {', '.join(f'`{name}`' for name in differs)}"]
    lines += ["", "## Read, and not mocked", ""]
    for gap in releases.gaps:
        spans = ", ".join(map(str, gap.spans))
        source = "".join(f"[{s.text}]({s.url})" if s.url else s.text for s in addresses.segments(gap.source))
        lines.append(f"- {gap.statement} ({spans}; {source})")
    return _HEAD.format(files=len(releases.files)) + "\n".join(lines) + "\n"
