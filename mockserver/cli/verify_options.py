"""The flags of verify: rules, parts, the course of the run, and reports."""

from __future__ import annotations

import argparse
from pathlib import Path

from mockserver.cli import percent
from mockserver.http.run_flags import add_flags

REPORT_FORMATS = ("json", "yaml", "junit", "html", "markdown")  # as of the suite, whose import takes its time


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the flags, in groups."""
    for declare in (_add_rules, _add_parts, _add_limits, _add_reports):
        declare(parser)


def _add_rules(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("rules")
    group.add_argument(
        "--gateway",
        default="auto",
        metavar="VERSION",
        help="Gateway version whose rules apply, as in 5.12 or 5.12.0 (auto: the version in /hello).",
    )
    group.add_argument(
        "--dashboard",
        default="auto",
        metavar="VERSION",
        help="Dashboard version whose rules apply, as in 5.13 (auto: the default version, as none is told).",
    )
    add_flags(group, "rules")


def _add_parts(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "parts", "A PATTERN fits behaviours, operations, levels (core, extended, setup) and groups (keys)."
    )
    add_flags(group, "parts")
    group.add_argument("--list", action="store_true", help="List the selected behaviours, and judge nothing.")


def _add_limits(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("course of the run")
    group.add_argument("-x", "--exitfirst", action="store_true", help="End the run at the first failure.")
    add_flags(group, "course of the run")


def _add_reports(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("reports")
    group.add_argument(
        "--report",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="Report to write; the extension selects the format: .json, .yaml, .html, .md for a summary, or "
        ".xml for JUnit. The word github gives annotations and the summary of a step of GitHub Actions; - is "
        "standard output (JSON), and the text for people goes to standard error. May be repeated.",
    )
    group.add_argument(
        "--report-format",
        choices=REPORT_FORMATS,
        default="",
        help="Format of --report -, and of files whose extension names none.",
    )
    group.add_argument(
        "--implementation",
        type=Path,
        metavar="FILE",
        help="Whose product is judged, as YAML, for a YAML report to publish (docs/conformance/README.md).",
    )
    group.add_argument(
        "--min-coverage",
        type=percent,
        metavar="PERCENT",
        help="Fail if fewer of the statuses that the OpenAPI file declares were answered, and name them.",
    )
    group.add_argument("--baseline", type=Path, metavar="FILE", help="Known failures to accept, as YAML.")
    group.add_argument(
        "--write-baseline", type=Path, metavar="FILE", help="Baseline to write, with all present failures."
    )
