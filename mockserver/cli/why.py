"""why: show the policy and rule behind each limit and right of a session."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mockserver.cli import BROKEN, CONFORMS, Commands
from mockserver.console.terminal import show


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "why",
        help="Show the policy and rule behind each limit and right of a session.",
        description="Apply the policies of a directory to a session, and show for each value of the result "
        "the policy that it comes from and the rule that selected it.",
        epilog="Exit codes: 0 the policies were applied, 1 a gateway refuses them, 2 usage error or internal "
        "error.",
    )
    parser.add_argument(
        "--policies", type=Path, required=True, metavar="DIR", help="Directory of policies, *.json."
    )
    parser.add_argument(
        "--session", required=True, metavar="FILE", help="Session as JSON; - is standard input."
    )
    parser.add_argument(
        "--gateway",
        metavar="VERSION",
        help="Gateway version whose rules apply; the default version if left out.",
    )
    parser.add_argument(
        "--format", choices=("text", "json", "mermaid"), default="text", help="Output format (text)."
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the explanation; return the exit code."""
    from mockserver.contract.codecs import Malformed
    from mockserver.contract.spec_files import version_of
    from mockserver.gateway import explanation
    from mockserver.storage.directory_files import DirectoryFiles

    if not options.policies.is_dir():
        raise ValueError(f"{options.policies} is not a directory; pass a directory of policies, *.json")
    body = sys.stdin.buffer.read() if options.session == "-" else Path(options.session).read_bytes()
    version = version_of(options.gateway)
    try:
        result = explanation.explain_files(DirectoryFiles(options.policies), body, version)
    except Malformed as error:
        raise ValueError(f"{options.session} is not a session: {error}; correct the file") from error
    show(*explanation.FORMATS[options.format](result).splitlines())
    return BROKEN if result.error else CONFORMS
