"""serve: run the mock gateway."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockserver.cli import Commands
from mockserver.cli.faults import add_fault_option, set_fault
from mockserver.cli.help_format import EXAMPLES, HelpFormatter
from mockserver.cli.running import Running, add_log_options, exposure, ignored_lines, source_of_address
from mockserver.console.credentials import SECRET, STORE

STOP_SECONDS = 9.5  # from SIGTERM to the end of the process; answers in progress have eight of them
FIRST_LOAD_SECONDS = 1.0  # that the start lines wait for the outcome of the first load
SERVE_EXAMPLES = f"""{EXAMPLES}tyk-contract serve --conf tyk.conf
tyk-contract serve --policies policies --gateway 5.8
tyk-contract serve --port 0 --port-file port --start-line json --quiet
tyk-contract serve --fault redis-down
"""
STOP_FAILED = 1  # the exit code of a process that hangs
WITHOUT_EFFECT = {  # rules of lint: a mock needs neither Redis nor policies, and tells of its secret itself
    "no-redis", "no-policies", "empty-secret", "sample-secret", "other-version",
}  # fmt: skip

if TYPE_CHECKING:
    from mockserver.contract.versions import GatewayVersion
    from mockserver.gateway.config import Config
    from mockserver.serving.mock_gateway import MockGateway
    from mockserver.storage.backend import Backend


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "serve",
        help="Run the mock gateway.",
        description="Run a mock gateway until it is interrupted. It reads the tyk.conf and the TYK_GW_* "
        "variables of a real gateway. Flags override variables, and variables override the file. A browser "
        "finds its pages at /_mock/.",
        epilog=SERVE_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    settings = parser.add_argument_group("what is mocked")
    network = parser.add_argument_group("network and access")
    state = parser.add_argument_group("policies, APIs and state")
    settings.add_argument(
        "--conf", type=Path, metavar="FILE", help="Configuration file of a real gateway, tyk.conf."
    )
    network.add_argument(
        "--port", type=int, metavar="PORT", help="Port to listen on; 0 selects a free port (8080)."
    )
    network.add_argument("--host", metavar="ADDRESS", help="Address to listen on (127.0.0.1).")
    SECRET.add_options(network, note=" (mock-secret)")
    settings.add_argument(
        "--gateway",
        metavar="VERSION",
        help="Gateway version to mock, as in 5.12 or 5.12.0; the default version if left out.",
    )
    state.add_argument(
        "--policies",
        type=Path,
        metavar="DIR|FILE",
        help="Directory of policies, *.json, or one JSON file with all policies, which is never written. "
        "Symbolic links in a directory are followed.",
    )
    state.add_argument("--apis", type=Path, metavar="DIR", help="Directory of API definitions, *.json.")
    state.add_argument(
        "--fsync",
        action="store_true",
        help="Answer a write of a policy or API when its file is on the disk, so that a loss of power does "
        "not lose it; slower. A real gateway leaves that to the system, as does the mock without this flag.",
    )
    network.add_argument(
        "--upstream",
        action="append",
        default=[],
        metavar="HOST",
        help="Host that API requests may be forwarded to, in addition to this machine. May be repeated. "
        "A request for any other host is not forwarded; its answer shows the request that the host would "
        "get.",
    )
    network.add_argument(
        "--remote-control",
        action="store_true",
        help="Allow /_mock/ to other machines, and under any name of this one in the Host header. Without it "
        "the Host must be a loopback address, localhost or the address of --host.",
    )
    add_fault_option(
        settings,
        "storage-full, storage-read-only, redis-down, reload-never-ends or flapping; until it is cleared",
    )
    STORE.add_options(state, note=" (none: the mock keeps its state in memory)")
    state.add_argument(
        "--backup",
        type=Path,
        metavar="FILE",
        help="File in which a data plane (slave_options.use_rpc) keeps what its control plane gave it, to "
        "start without one. Without it the backup is in the Redis of --store.",
    )
    settings.add_argument(
        "--stop-at-eof",
        action="store_true",
        help="Stop also when standard input ends, as it does with the process that has started this one.",
    )
    settings.add_argument(
        "--spec",
        type=Path,
        metavar="FILE",
        help="Another OpenAPI file of the gateway. Its operations that the mock does not implement are "
        "answered from its examples.",
    )
    add_log_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    running = Running(options)
    with collector_paused():
        from mockserver.contract import releases
        from mockserver.contract.openapi import Contract
        from mockserver.contract.spec_files import known_versions, version_of
        from mockserver.gateway.configured_files import lines_of_writes
        from mockserver.serving.mock_gateway import MockGateway

        config, ignored = _configuration(options)
        version = version_of(options.gateway)
        extra = Contract.of_file(options.spec) if options.spec else None
        store = STORE.of(options)
        backend = None if store is None else redis_backend(store)
        mock = MockGateway.of(
            version, config, extra, options.upstream,
            remote_control=options.remote_control, backend=backend, fsync=options.fsync,
            backup=options.backup,
        )  # fmt: skip
    with mock as gateway, running.logged({"": mock.mock}):
        stop_on_signals(gateway.stop)
        if options.stop_at_eof:
            stop_at_eof(gateway.stop)
        effects = [set_fault(gateway, text) for text in options.fault]
        values = gateway_values(gateway)
        more = f" and {len(extra.beyond(gateway.gateway.contract))} more of {options.spec}" if extra else ""
        text = f"Tyk Gateway {version} mocked on {gateway.url} ({values['operations']} operations{more})"
        if gateway.traffic_url != gateway.url:
            text += f", requests to APIs on {gateway.traffic_url} alone"
        text += f"; in a browser {values['page']}"
        running.warn(*ignored_lines(options.conf, ignored), *_findings_of(options.conf, version))
        running.warn(*gateway.gateway.warnings())
        running.started(text, {"service": "gateway", **values})
        source = source_of_address("TYK_GW_LISTENADDRESS", options.conf, options.host)
        if version not in known_versions().values():
            running.note(*releases.load().evidence(version))
        running.warn(*exposure(gateway.address, config.listen_address, source), *_secret_lines(config))
        running.note(*lines_of_writes(config, Path()))
        running.note(*_source_lines(gateway, has_backup=bool(options.backup or store)), *effects)
        gateway.wait()
    return 0


def gateway_values(gateway: MockGateway) -> dict[str, Any]:
    """What a start line in JSON tells of a mock gateway."""
    host, port = gateway.address
    return {
        "version": str(gateway.gateway.version),
        "url": gateway.url,
        "page": gateway.page,
        "address": host,
        "port": port,
        "operations": len(gateway.gateway.contract.operations),
    }


def _secret_lines(config: Config) -> list[str]:
    """A line if anyone may know the secret."""
    if not config.secret:
        return ["the secret is empty, so that everyone may use /tyk/; choose one with --secret"]
    if config.secret == type(config)().secret:
        return [f'the secret is "{config.secret}"; choose another with --secret']
    return []


def _source_lines(gateway: MockGateway, *, has_backup: bool) -> list[str]:
    """What feeds the gateway, if anything does, and what it has given so far."""
    source = gateway.gateway.source
    if source is None:
        return []
    source.settle(FIRST_LOAD_SECONDS)
    loaded = gateway.gateway
    count = f"{len(loaded.store.loaded.listed)} policies and {len(loaded.apis.loaded.by_id)} APIs"
    state = f"{count} loaded" if loaded.ready else "nothing is loaded yet"
    lines = [f"fed by {source.description}: {state}"]
    if loaded.config.slave_options__use_rpc and not has_backup:
        lines.append("no backup outlives this process; give --backup FILE or --store URL")
    return lines


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector while a mock is made, and spare it what was made, which stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Stop a mock at SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop_in_time(stop))


def stop_at_eof(stop: Callable[[], None]) -> None:
    """Stop a mock when standard input ends."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        stop_in_time(stop)

    threading.Thread(target=wait, name="tyk-contract-stdin", daemon=True).start()


def stop_in_time(stop: Callable[[], None]) -> None:
    """Stop a mock; should it hang, end the process all the same."""
    gc.freeze()  # a collection as the interpreter ends takes seconds after large schemas, and nothing ends it
    stop()
    watchdog = threading.Timer(STOP_SECONDS, os._exit, (STOP_FAILED,))
    watchdog.daemon = True
    watchdog.start()


def redis_backend(url: str) -> Backend:
    """The backend on a Redis.

    Raises:
        ConfigError: the package redis is not installed.
    """
    from mockserver.service.configuration import ConfigError

    try:
        from mockserver.storage.redis_backend import RedisBackend
    except ImportError as error:
        raise ConfigError("--store needs the redis package: pip install 'tyk-contract[redis]'") from error
    return RedisBackend(url)


def _findings_of(conf: Path | None, version: GatewayVersion) -> list[str]:
    """The warnings about a configuration file, but for those that do not matter to a mock."""
    if conf is None or not conf.is_file():  # a pipe has been read, and gives nothing again
        return []
    from mockserver.gateway.lint.file import File
    from mockserver.gateway.lint.linter import Linter
    from mockserver.gateway.lint.review import warnings_of
    from mockserver.gateway.lint.rules import Kind

    findings = Linter(version).lint([File(str(conf), conf.read_bytes(), Kind.CONF)])
    return warnings_of(finding for finding in findings if finding.rule not in WITHOUT_EFFECT)


def _configuration(options: argparse.Namespace) -> tuple[Config, list[str]]:
    from mockserver.gateway.config import Config
    from mockserver.service.configuration import ConfigError
    from mockserver.serving.mock_gateway import with_policies

    config, ignored = Config.load(options.conf, os.environ)
    flags = {
        "listen_port": options.port,
        "listen_address": options.host,
        "secret": SECRET.of_options(options),
    }
    config = config.overridden(flags)
    if options.apis is not None:
        if not options.apis.is_dir():
            raise ConfigError(f"--apis {options.apis}: there is no such directory; create it first")
        config = config.having("app_path", str(options.apis))
    if options.policies is not None:
        if not options.policies.exists():
            raise ConfigError(
                f"--policies {options.policies}: there is no such file or directory; create it first"
            )
        config = with_policies(config, options.policies)
    if options.backup is not None and not config.slave_options__use_rpc:
        raise ConfigError("--backup is for data planes; set slave_options.use_rpc, or leave it out")
    if options.backup is not None and not options.backup.absolute().parent.is_dir():
        raise ConfigError(f"--backup {options.backup}: there is no such directory; create it first")
    return config, ignored
