"""The command line: serve, verify, parity, behaviours."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.config import Config

CONFORMS, BROKEN, USAGE, UNREACHABLE = 0, 1, 2, 3
EXIT_CODES = "exit codes: 0 conforms, 1 does not, 2 usage or our fault, 3 gateway unreachable"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (
        ValueError,
        OSError,
    ) as error:  # every error of ours that a user can mend is one of them
        print(f"tyk-contract: {error}", file=sys.stderr)
        code = USAGE
    except KeyboardInterrupt:
        code = USAGE
    sys.exit(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tyk-contract",
        description="A mock of the Tyk Gateway policy API, and the contract suite for any gateway.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands)
    _add_verify(commands)
    _add_parity(commands)
    _add_behaviours(commands)
    return parser


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tyk-contract")
    except PackageNotFoundError:
        return "tyk-contract from a checkout"


# ---------------------------------------------------------------- serve


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = commands.add_parser(
        "serve",
        help="run the mock gateway",
        description="Run a mock gateway until it is interrupted. It reads the gateway's own "
        "tyk.conf and TYK_GW_* variables; flags win over variables, variables over the file.",
    )
    serve.add_argument("--conf", type=Path, metavar="FILE", help="the gateway's tyk.conf")
    serve.add_argument("--port", type=int, help="port to listen on; 0 takes a free one (8080)")
    serve.add_argument("--host", metavar="ADDRESS", help="address to listen on (127.0.0.1)")
    serve.add_argument("--secret", help="what X-Tyk-Authorization must be (mock-secret)")
    serve.add_argument("--gateway", metavar="VERSION", help="version to be: 5.12, or 5.12.0")
    serve.add_argument(
        "--policies",
        type=Path,
        metavar="DIR|FILE",
        help="policy directory, or a record file of all",
    )
    serve.add_argument(
        "--spec",
        type=Path,
        metavar="FILE",
        help="another OpenAPI file of the gateway; what ours does not know of it "
        "is answered from its examples",
    )
    serve.set_defaults(run=_serve)


def _serve(options: argparse.Namespace) -> int:
    from mockserver.app import unknown_operations
    from mockserver.contract import Contract
    from mockserver.server import MockGateway
    from mockserver.spec import default_version, select_version

    config, ignored = _configured(options)
    version = select_version(options.gateway) if options.gateway else default_version()
    extra = Contract.of_file(options.spec) if options.spec else None
    with MockGateway.of(version, config, extra) as gateway:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: gateway.stop())
        if ignored:
            print(f"keys of {options.conf} that the mock ignores: {', '.join(sorted(ignored))}")
        for line in gateway.gateway.complaints():
            print(line)
        known = len(gateway.gateway.contract.operations)
        more = ""
        if extra:
            more = f" and {len(unknown_operations(gateway.gateway, extra))} more of {options.spec}"
        print(f"Tyk Gateway {version} mocked on {gateway.url}: {known} operations{more}", flush=True)
        if config.secret == type(config)().secret:
            print(f'the secret is "{config.secret}"; set another with --secret', flush=True)
        gateway.wait()
    return 0


def _configured(options: argparse.Namespace) -> tuple[Config, list[str]]:
    from mockserver.config import ConfigError, load
    from mockserver.server import with_policies

    config, ignored = load(options.conf, os.environ)
    flags = {
        "listen_port": options.port,
        "listen_address": options.host,
        "secret": options.secret,
    }
    for key, value in flags.items():
        if value is not None:
            config = config.having(key, value)
    if options.policies is not None:
        if not options.policies.exists():
            raise ConfigError(f"--policies {options.policies}: there is no such place; make it first")
        config = with_policies(config, options.policies)
    return config, ignored


# ---------------------------------------------------------------- verify


def _add_verify(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verify = commands.add_parser(
        "verify",
        help="judge a gateway by the contract suite",
        description="Hold a gateway against spec/ and say what is wrong. Without a URL a mock is "
        "started and judged. Everything that is written bears a prefix of the run and is removed.",
        epilog=EXIT_CODES,
    )
    verify.add_argument("url", nargs="?", metavar="URL", help="the gateway, http://host:8080")
    verify.add_argument("--secret", help="its secret; better in the variable TYK_GW_SECRET")
    verify.add_argument(
        "--gateway",
        default="auto",
        metavar="VERSION",
        help="version to judge it as: 5.12, 5.12.0, or auto, as /hello says (auto)",
    )
    verify.add_argument("--read-only", action="store_true", help="write nothing, reload nothing")
    verify.add_argument(
        "--allow-group-reload",
        action="store_true",
        help="try /tyk/reload/group, which reaches others",
    )
    verify.add_argument(
        "--report",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="write a report; .json, or .xml for JUnit; may be repeated",
    )
    verify.set_defaults(run=_verify)


def _verify(options: argparse.Namespace) -> int:
    from contract_tests import preflight, report, runner

    for path in options.report:
        report.check_path(path)
    secret = options.secret if options.secret is not None else os.environ.get("TYK_GW_SECRET", "")
    try:
        if options.url:
            found = preflight.look(options.url, secret, options.gateway)
        else:
            found = preflight.embedded(options.gateway)
    except preflight.PreflightError as error:
        print(f"tyk-contract: {error}", file=sys.stderr)
        return error.code
    made = runner.run(
        runner.Order(
            url=options.url or "",
            secret=secret,
            found=found,
            read_only=options.read_only,
            allow_group_reload=options.allow_group_reload,
        )
    )
    print(report.as_terminal(made), end="")
    for path in options.report:
        report.write(made, path)
    if made.of(report.Status.FAILED):
        return BROKEN
    if made.gone:
        return UNREACHABLE
    return USAGE if made.of(report.Status.ERROR) else CONFORMS


# ---------------------------------------------------------------- parity


def _add_parity(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parity = commands.add_parser(
        "parity",
        help="replay recordings of real gateways against the mock",
        description="Replay recordings against the mock, each scenario under its own configuration, "
        "and say where the answers differ. Exit 0 when all are identical, 1 when one is not.",
    )
    parity.add_argument("recording", nargs="+", type=Path, metavar="RECORDING")
    parity.add_argument(
        "--scenarios",
        action="append",
        default=[],
        metavar="PREFIX",
        help="only scenarios whose names begin so; may be repeated",
    )
    parity.set_defaults(run=_parity)


def _parity(options: argparse.Namespace) -> int:
    from mockserver.parity import replay
    from mockserver.recording import read_recording

    recordings = [(path, read_recording(path)) for path in options.recording]
    differing = total = 0
    for path, recording in recordings:
        print(f"{path}: gateway {recording.gateway}")
        for outcome in replay(recording, tuple(options.scenarios)):
            total += 1
            differing += bool(outcome.difference)
            word = "differs" if outcome.difference else "identical"
            print(f"  {outcome.scenario:32} {outcome.exchanges:4} exchanges  {word}")
            if outcome.difference:
                print(f"    {outcome.difference}")
    if not total:
        raise ValueError("no scenario begins so; leave --scenarios out to see all")
    print(f"{total - differing} of {total} scenarios identical")
    return BROKEN if differing else CONFORMS


# ---------------------------------------------------------------- behaviours


def _add_behaviours(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    listing = commands.add_parser(
        "behaviours",
        help="list what the suite holds a gateway to",
        description="List the behaviours of a version: id, operation, statement and source.",
    )
    listing.add_argument("--gateway", metavar="VERSION", help="version: 5.12, or 5.12.0")
    listing.set_defaults(run=_behaviours)


def _behaviours(options: argparse.Namespace) -> int:
    from mockserver import behaviours
    from mockserver.spec import default_version, select_version

    version = select_version(options.gateway) if options.gateway else default_version()
    for row in behaviours.load().values():
        if row.holds_for(version):
            print(f"{row.id}  ({row.operation}, {row.level})\n    {row.statement}\n    {row.source}")
    return 0
