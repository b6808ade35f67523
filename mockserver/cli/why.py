"""why: which policy gave a session each of its limits and rights."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mockserver.cli import BROKEN, CONFORMS, Commands


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    why = commands.add_parser(
        "why",
        help="tell which policy gave a session each of its limits and rights",
        description="Apply the policies of a directory to a session, and tell for each value of the result "
        "which policy it came from and which rule chose it.",
        epilog="exit codes: 0 the policies were applied, 1 a gateway refuses them, 2 usage or our fault",
    )
    why.add_argument("--policies", type=Path, required=True, metavar="DIR", help="policy files, *.json")
    why.add_argument("--session", required=True, metavar="FILE", help="as JSON; - is standard input")
    why.add_argument("--gateway", metavar="VERSION", help="whose rules hold; the default version if left out")
    why.add_argument("--format", choices=("text", "json", "mermaid"), default="text", help="(text)")
    why.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it; return the exit code."""
    from mockserver.contract.spec_files import version_of
    from mockserver.gateway import explanation
    from mockserver.golang.structs import Malformed
    from mockserver.storage.files import DirectoryFiles

    if not options.policies.is_dir():
        raise ValueError(f"{options.policies} is no directory; give one that holds policies as *.json")
    body = sys.stdin.buffer.read() if options.session == "-" else Path(options.session).read_bytes()
    version = version_of(options.gateway)
    try:
        result = explanation.explain_files(DirectoryFiles(options.policies), body, version)
    except Malformed as error:
        raise ValueError(f"{options.session} is no session: {error}; mend the file") from error
    print(explanation.FORMATS[options.format](result), end="")
    return BROKEN if result.error else CONFORMS
