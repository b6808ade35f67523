"""conformance: check a conformance report, and print the digests of suite and spec."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mockserver.cli import BROKEN, CONFORMS, USAGE, Commands
from mockserver.console.terminal import show, show_error


def add(commands: Commands) -> None:
    """Declare the command and its actions."""
    parser = commands.add_parser(
        "conformance",
        help="Check a conformance report that somebody published, without a gateway.",
        description="Check a conformance report in YAML, which `tyk-contract verify --report FILE.yaml "
        "--implementation FILE` writes, without a gateway; or print the digests of suite and spec of this "
        "installation (docs/conformance/README.md).",
        epilog="Exit codes: 0 the report is sound, 1 it is not, 2 it cannot be read, or usage error.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    check = actions.add_parser(
        "check",
        help="Check the form of a report, and that counts and verdicts follow from its rows.",
        description="Check the form of a report, its fields, versions and digests, and that counts and "
        "verdicts follow from its rows. A report of another suite or spec is noted, not refused.",
    )
    check.add_argument("report", type=Path, metavar="REPORT", help="Report in YAML.")
    check.set_defaults(run=_check)
    digest = actions.add_parser(
        "digest",
        help="Print the digests of suite and spec.",
        description="Print the SHA-256 of the suite and of the spec of this installation, as reports have "
        "them.",
    )
    digest.set_defaults(run=_digest)
    badge = actions.add_parser(
        "badge",
        help="Print the verdict of a report as an endpoint of shields.io.",
        description="Print the verdict of a sound report as JSON for https://shields.io/badges/endpoint-badge.",
    )
    badge.add_argument("report", type=Path, metavar="REPORT", help="Report in YAML.")
    badge.set_defaults(run=_badge)


def _check(options: argparse.Namespace) -> int:
    """Check the report; return the exit code."""
    verdict = _sound_verdict(options.report)
    if isinstance(verdict, int):
        return verdict
    show(f"{options.report}: sound; it says: {verdict}")
    return CONFORMS


def _badge(options: argparse.Namespace) -> int:
    verdict = _sound_verdict(options.report)
    if isinstance(verdict, int):
        return verdict
    color = "brightgreen" if verdict.startswith("conforms") else "red"
    show(json.dumps({"schemaVersion": 1, "label": "tyk-contract", "message": verdict, "color": color}))
    return CONFORMS


def _sound_verdict(path: Path) -> str | int:
    """The verdict of a report, after its notes; the exit code, after its errors, if it is not sound."""
    from contract_tests.report.conformance.checking import check
    from contract_tests.report.conformance.yaml_document import DocumentError

    try:
        checked = check(path)
    except DocumentError as error:
        show_error(f"tyk-contract: {error}")
        return USAGE if error.is_unreadable else BROKEN
    show_error(*(f"note: {note}" for note in checked.notes))
    show_error(*(f"tyk-contract: {error}" for error in checked.errors))
    return BROKEN if checked.errors else checked.verdict


def _digest(_: argparse.Namespace) -> int:
    """Print the digests; return the exit code."""
    from contract_tests.report.conformance import provenance

    show(f"suite {provenance.suite_digest()}", f"spec {provenance.spec_digest()}")
    return CONFORMS
