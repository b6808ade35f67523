"""lint: find in files what a gateway would refuse, skip or silently read otherwise."""

from __future__ import annotations

import argparse
from pathlib import Path

from mockserver.cli import BROKEN, CONFORMS, Commands
from mockserver.cli.help_format import EXAMPLES, HelpFormatter
from mockserver.console.terminal import show, show_error

KINDS = ("policy", "record", "session", "api", "conf", "dashboard-conf")
FORMATS = ("text", "json", "github")
LEVELS = ("error", "warning", "note")
_TEXT = f"""Exit codes: 0 nothing at or above the level of --fail-on was found, 1 something was, 2 usage
error or internal error.

{EXAMPLES}tyk-contract lint policies
tyk-contract lint policies apps tyk.conf --gateway 5.14
tyk-contract lint policies.json sessions.json --fail-on warning
tyk-contract lint policies --fix
tyk-contract lint policies --format github
"""


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "lint",
        help="Find in files what a gateway would refuse, skip or silently read otherwise.",
        description="Read policies, record files, sessions, API definitions and tyk.conf as a gateway of one "
        "version does, and report each place that it refuses, skips or reads otherwise, with the remedy. "
        "Files that are given together are checked beside each other: rights with the APIs, sessions with "
        "the policies.",
        epilog=_TEXT,
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="File, or directory with *.json, tyk.conf and tyk_analytics.conf, without the directories in "
        "it.",
    )
    parser.add_argument(
        "--gateway", metavar="VERSION", help="Gateway version, as in 5.14; the default version if left out."
    )
    parser.add_argument(
        "--kind",
        choices=KINDS,
        help="Kind of all files; without it, the name and content of each tell it. A record is one file with "
        "all policies by id.",
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="Output format (text).")
    parser.add_argument(
        "--fail-on", choices=LEVELS, default="error", help="Least level that gives exit code 1 (error)."
    )
    parser.add_argument(
        "--fix",
        action="store_true",
        help="Change the files where the remedy has one meaning alone, and report what is left.",
    )
    parser.add_argument("--rules", action="store_true", help="Print all rules as a Markdown table, and end.")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the findings; return the exit code."""
    from mockserver.cli import lint_formats
    from mockserver.cli.lint_files import files_at, fix, unread_directories
    from mockserver.contract.spec_files import version_of
    from mockserver.gateway.lint import rules
    from mockserver.gateway.lint.linter import Linter
    from mockserver.gateway.lint.rules import Kind, Level

    if options.rules:
        show(*lint_formats.rules_as_markdown(rules.load().values()))
        return CONFORMS
    if not options.paths:
        raise ValueError("nothing to lint; give a file, or a directory that a gateway reads")
    version = version_of(options.gateway)
    files = files_at(options.paths, Kind(options.kind) if options.kind else None)
    linter, changed = Linter(version), None
    if options.fix:
        files, findings, changed = fix(linter, files, options.paths)
    else:
        findings = linter.lint(files)
    result = lint_formats.Result(str(version), [file.name for file in files], findings, changed)
    show(*lint_formats.FORMATS[options.format](result))
    for directory in unread_directories(options.paths):
        show_error(
            f"not read: {directory}, for a gateway reads no directory within another; give it as a path"
        )
    worst = max((finding.level for finding in findings), default=None)
    return BROKEN if worst is not None and worst >= Level[options.fail_on.upper()] else CONFORMS
