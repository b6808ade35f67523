"""diff: list the changes for a client between two versions of a service."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING

from mockserver.cli import Commands, add_service, service_of
from mockserver.console.terminal import show

if TYPE_CHECKING:
    from mockserver.contract.version_changes import Change
    from mockserver.contract.versions import GatewayVersion


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "diff",
        help="List the changes for a client between two versions of a gateway or Dashboard.",
        description="List the changes for a client between two versions of a gateway, or with --service "
        "dashboard of a Dashboard: operations, members, when "
        "members are sent, answers and behaviours, each with the release that introduced it. Without "
        "versions, list the releases of the gateway and how each is known, as Markdown: docs/releases.md.",
    )
    parser.add_argument("old", metavar="OLD", nargs="?", help="Older version, as in 5.8 or 5.8.15.")
    parser.add_argument("new", metavar="NEW", nargs="?", help="Newer version.")
    add_service(parser)
    parser.add_argument("--format", choices=sorted(FORMATS), default="text", help="Output format (text).")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the changes, or the releases; return the exit code.

    Raises:
        SpecError: a version is unknown, or only one is given.
    """
    from mockserver.contract import releases
    from mockserver.contract.spec_files import SpecError, select_version
    from mockserver.contract.version_changes import between

    service = service_of(options)
    if options.old is None and service.name == "gateway":
        show(*releases.page().splitlines())
        return 0
    if options.new is None:
        raise SpecError("diff needs two versions; give the older and the newer one")
    old, new = (select_version(text, service.folder) for text in (options.old, options.new))
    changes = between(old, new, service.folder)
    show(*FORMATS[options.format](service.name.capitalize(), old, new, changes).splitlines())
    return 0


def _text(_: str, old: GatewayVersion, new: GatewayVersion, changes: list[Change]) -> str:
    lines = [f"{old} -> {new}: {len(changes)} changes"]
    for version, of_version in groupby(changes, key=lambda change: change.version):
        lines += ["", str(version)]
        for kind, of_kind in groupby(of_version, key=lambda change: change.kind):
            lines.append(f"  {kind.value}")
            lines += [f"    {subject}: {text}" for subject, text in _folded(list(of_kind))]
    return "\n".join(lines) + "\n"


def _markdown(service: str, old: GatewayVersion, new: GatewayVersion, changes: list[Change]) -> str:
    lines = [f"# {service} {old} to {new}", "", f"{len(changes)} changes."]
    for version, of_version in groupby(changes, key=lambda change: change.version):
        lines += ["", f"## {version}"]
        for kind, of_kind in groupby(of_version, key=lambda change: change.kind):
            lines += ["", f"### {kind.value.capitalize()}", ""]
            lines += [f"- `{subject}`: {text}" for subject, text in _folded(list(of_kind))]
    return "\n".join(lines) + "\n"


def _json(_: str, old: GatewayVersion, new: GatewayVersion, changes: list[Change]) -> str:
    rows = [
        {
            "version": str(change.version),
            "kind": change.kind.value,
            "subject": change.subject,
            "text": change.text,
            "source": change.source,
        }
        for change in changes
    ]
    document = {"old": str(old), "new": str(new), "changes": rows}
    return json.dumps(document, indent=2) + "\n"


FORMATS: dict[str, Callable[[str, GatewayVersion, GatewayVersion, list[Change]], str]] = {
    "text": _text,
    "markdown": _markdown,
    "json": _json,
}


def _folded(changes: list[Change]) -> list[tuple[str, str]]:
    """Subjects and texts of the changes; members of one schema that change alike share a line."""
    lines: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        schema, dot, member = change.subject.partition(".")
        key = (schema, change.text) if dot and "/" not in schema else (change.subject, change.text)
        lines.setdefault(key, []).append(member if key[0] == schema and dot else "")
    rows = []
    for (subject, text), members in lines.items():
        names = ", ".join(filter(None, members))
        plural = text.replace("is ", "are ", 1) if len(members) > 1 else text
        rows.append((f"{subject} {names}".strip(), plural))
    return rows
