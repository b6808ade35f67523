"""The flags of verify: rules, parts, the course of the run, and reports."""

from __future__ import annotations

import argparse
from pathlib import Path

from mockserver.cli import add_max_time, count, percent, seconds

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
    group.add_argument(
        "--strict",
        action="store_true",
        help="Let every behaviour fail, also those whose evidence is too thin; else they are observed.",
    )
    group.add_argument("--read-only", action="store_true", help="Write and reload nothing.")
    group.add_argument(
        "--allow-group-reload",
        action="store_true",
        help="Also check /tyk/reload/group, which reloads all gateways of the group.",
    )
    group.add_argument(
        "--upstream",
        default="",
        metavar="URL",
        help="URL that the run's APIs forward to. Needed if the gateway is on another machine.",
    )
    group.add_argument(
        "--conf",
        type=Path,
        metavar="FILE",
        help="Configuration file (tyk.conf) that the gateway has, to judge what shows only under some of its "
        "settings too. It needs a URL.",
    )


def _add_parts(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "parts", "A PATTERN fits behaviours, operations, levels (core, extended, setup) and groups (keys)."
    )
    group.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PATTERN",
        help="Judge these alone, as in 'id-*' or addPolicy. May be repeated, and have commas.",
    )
    group.add_argument(
        "--skip", action="append", default=[], metavar="PATTERN", help="Leave these out. As --only."
    )
    group.add_argument(
        "--failed", type=Path, metavar="REPORT", help="Judge what failed in an earlier JSON report."
    )
    group.add_argument(
        "--quick", action="store_true", help="Skip slow checks; the report lists what was skipped."
    )
    group.add_argument("--list", action="store_true", help="List the selected behaviours, and judge nothing.")


def _add_limits(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("course of the run")
    group.add_argument("-x", "--exitfirst", action="store_true", help="End the run at the first failure.")
    group.add_argument(
        "--repeat",
        type=count,
        default=1,
        metavar="N",
        help="Run the tests N times; a behaviour that fails in some runs only is called flaky.",
    )
    group.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="Run the tests in an order that the seed decides (0: in the order of the suite); generated "
        "requests are the same in every run.",
    )
    group.add_argument(
        "--timeout",
        type=seconds,
        default=10.0,
        metavar="SECONDS",
        help="Time of one answer, until it counts as missing. (default: %(default)g)",
    )
    group.add_argument(
        "--max-response-time",
        type=seconds,
        default=0.0,
        metavar="SECONDS",
        help="Time of an answer from which it fails the service. Without it, slow answers are told alone.",
    )
    add_max_time(
        group,
        "What is not judged by then is reported as an error; what the run wrote is removed, which has up to "
        "60 s of its own.",
    )


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
