"""compare: show what differs between two reports, or between two live services."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.cli import (
    BROKEN,
    CONFORMS,
    SERVICES,
    UNREACHABLE,
    USAGE,
    Commands,
    add_connection,
    add_max_time,
    connection_of,
    secret_of,
    service_of,
)
from mockserver.cli.comparison.formats import FORMATS
from mockserver.cli.help_format import EXAMPLES, HelpFormatter
from mockserver.console.credentials import KEY, OTHER_SECRET, SECRET
from mockserver.console.terminal import show

if TYPE_CHECKING:
    from contract_tests.engine.run import Run
    from mockserver.cli.comparison.difference import Comparison

_TEXT = f"""Exit codes: 0 nothing differs, 1 something differs, 2 usage error, internal error, or a limit of
the run was reached, 3 a gateway or Dashboard cannot be reached.

{EXAMPLES}tyk-contract compare before.json after.json
tyk-contract compare http://gateway-5-8:8080 http://gateway-5-14:8080
tyk-contract compare http://gateway:8080 http://127.0.0.1:8081 --other-secret mock-secret --format markdown
"""


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "compare",
        help="Show what differs between two reports, or between two live gateways or Dashboards.",
        description="Compare two reports of `verify` (JSON or YAML), or two live services by the same "
        "requests, which are those of spec/, and show for each difference whom it matters to. As with "
        "`verify`, the names of all that is written begin with a prefix, and all of it is removed.",
        epilog=_TEXT,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("a", metavar="A", help="Report, or URL of a gateway or Dashboard.")
    parser.add_argument(
        "b", metavar="B", help="Another one of the same kind; a path in its URL is its prefix."
    )
    parser.add_argument(
        "--service", choices=SERVICES, default="gateway", help="Service at the URLs. (default: %(default)s)"
    )
    SECRET.add_options(parser)
    KEY.add_options(parser)
    OTHER_SECRET.add_options(parser, note=" if it is another one than that of A")
    add_connection(parser)
    parser.add_argument(
        "--scenarios",
        action="append",
        default=[],
        metavar="PREFIX",
        help="Play only scenarios of spec/ whose names begin with PREFIX. May be repeated.",
    )
    parser.add_argument("--format", choices=tuple(FORMATS), default="text", help="Output format (text).")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="File to write, in place of the terminal."
    )
    add_max_time(parser, "What was written is removed, which has up to 60 s of its own.")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the differences; return the exit code."""
    from contract_tests.report import output_file
    from mockserver.cli.comparison import reports

    if options.output:
        output_file.check(options.output)
    are_urls = [_is_url(text) for text in (options.a, options.b)]
    if any(are_urls) and not all(are_urls):
        raise ValueError("give two reports or two URLs, as in http://host:8080; not one of each")
    if all(are_urls):
        comparison = _compare_services(options)
    else:
        comparison = reports.compare(reports.read(Path(options.a)), reports.read(Path(options.b)))
    text = FORMATS[options.format](comparison)
    if options.output:
        output_file.write(options.output, text)
        show(comparison.sentence)
    else:
        show(*text.removesuffix("\n").split("\n"))
    return BROKEN if comparison.differences else CONFORMS


def _is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _compare_services(options: argparse.Namespace) -> Comparison:
    """The differences of two live services.

    Raises:
        ComparisonError: one cannot be reached any more, or the time is over.
        PreflightError: one is no such service, or refuses the secret.
    """
    from contract_tests.engine.signals import interrupt_on_sigterm
    from contract_tests.engine.target import Gone, RunEnded
    from mockserver.cli.comparison.live import ComparisonError, LiveComparison
    from mockserver.http.origin import Origin

    secret = secret_of(options)
    other = OTHER_SECRET.of(options) or secret
    b = Origin.of(options.b)
    runs = [
        _opened(options, connection_of(options).located(options.a), secret),
        _opened(options, f"{b.url}{b.prefix}", other),
    ]
    interrupt_on_sigterm()
    variables = [{"SECRET": run.options.secret, "KEY": run.options.secret} for run in runs]
    try:
        return LiveComparison(runs, variables, tuple(options.scenarios)).compare()
    except RunEnded as error:
        code = UNREACHABLE if isinstance(error, Gone) else USAGE
        raise ComparisonError(f"not compared to the end: {error}", code) from error


def _opened(options: argparse.Namespace, url: str, secret: str) -> Run:
    """A run at a URL, after a look that it is such a service."""
    from contract_tests.engine.preflight import look
    from contract_tests.engine.run import Run
    from contract_tests.engine.run_options import RunOptions

    service, settings = service_of(options), connection_of(options)
    detected = look(service, url, secret, "auto", settings=settings)
    run_options = RunOptions(
        url=url, secret=secret, service=service.name, max_time=options.max_time, connection=settings
    )
    contract = service.contract(detected.version)
    return Run.open(service, run_options, contract, scheme=detected.scheme)
