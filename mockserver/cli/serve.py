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
from typing import TYPE_CHECKING

from mockserver.cli import Commands
from mockserver.console.credentials import SECRET, STORE
from mockserver.console.terminal import show

STOP_SECONDS = 9.5  # from SIGTERM to the end of the process; answers in progress have eight of them
FIRST_LOAD_SECONDS = 1.0  # that the start lines wait for the outcome of the first load
STOP_FAILED = 1  # the exit code of a process that hangs

if TYPE_CHECKING:
    from mockserver.gateway.config import Config
    from mockserver.serving.mock_gateway import MockGateway
    from mockserver.storage.backend import Backend


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "serve",
        help="Run the mock gateway.",
        description="Run a mock gateway until it is interrupted. It reads the tyk.conf and the TYK_GW_* "
        "variables of a real gateway. Flags override variables, and variables override the file.",
    )
    parser.add_argument(
        "--conf", type=Path, metavar="FILE", help="Configuration file of a real gateway, tyk.conf."
    )
    parser.add_argument(
        "--port", type=int, metavar="PORT", help="Port to listen on; 0 selects a free port (8080)."
    )
    parser.add_argument("--host", metavar="ADDRESS", help="Address to listen on (127.0.0.1).")
    SECRET.add_options(parser, note=" (mock-secret)")
    parser.add_argument(
        "--gateway",
        metavar="VERSION",
        help="Gateway version to mock, as in 5.12 or 5.12.0; the default version if left out.",
    )
    parser.add_argument(
        "--policies",
        type=Path,
        metavar="DIR|FILE",
        help="Directory of policies, *.json, or one JSON file with all policies, which is never written. "
        "Symbolic links in a directory are followed.",
    )
    parser.add_argument("--apis", type=Path, metavar="DIR", help="Directory of API definitions, *.json.")
    parser.add_argument(
        "--fsync",
        action="store_true",
        help="Answer a write of a policy or API when its file is on the disk, so that a loss of power does "
        "not lose it; slower. A real gateway leaves that to the system, as does the mock without this flag.",
    )
    parser.add_argument(
        "--upstream",
        action="append",
        default=[],
        metavar="HOST",
        help="Host that API requests may be forwarded to, in addition to this machine. May be repeated. "
        "A request for any other host is not forwarded; its answer shows the request that the host would "
        "get.",
    )
    parser.add_argument(
        "--remote-control",
        action="store_true",
        help="Allow /_mock/ to other machines, and under any name of this one in the Host header. Without it "
        "the Host must be a loopback address, localhost or the address of --host.",
    )
    STORE.add_options(parser, note=" (none: the mock keeps its state in memory)")
    parser.add_argument(
        "--backup",
        type=Path,
        metavar="FILE",
        help="File in which a data plane (slave_options.use_rpc) keeps what its control plane gave it, to "
        "start without one. Without it the backup is in the Redis of --store.",
    )
    parser.add_argument(
        "--stop-at-eof",
        action="store_true",
        help="Stop also when standard input ends, as it does with the process that has started this one.",
    )
    parser.add_argument(
        "--spec",
        type=Path,
        metavar="FILE",
        help="Another OpenAPI file of the gateway. Its operations that the mock does not implement are "
        "answered from its examples.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    with collector_paused():
        from mockserver.contract.openapi import Contract
        from mockserver.contract.spec_files import version_of
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
    with mock as gateway:
        stop_on_signals(gateway.stop)
        if options.stop_at_eof:
            stop_at_eof(gateway.stop)
        show_ignored(options.conf, ignored)
        show(*gateway.gateway.warnings())
        contract = gateway.gateway.contract
        count = len(contract.operations)
        more = f" and {len(extra.beyond(contract))} more of {options.spec}" if extra else ""
        show(f"Tyk Gateway {version} mocked on {gateway.url}: {count} operations{more}")
        if not config.secret:
            show("the secret is empty, so that everyone may use /tyk/; choose one with --secret")
        elif config.secret == type(config)().secret:
            show(f'the secret is "{config.secret}"; choose another with --secret')
        show(*_source_lines(gateway, has_backup=bool(options.backup or store)))
        gateway.wait()
    return 0


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
    """Pause the garbage collector while a mock is made: all of it stays, and would be searched repeatedly."""
    gc.disable()
    try:
        yield
    finally:
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


def show_ignored(path: Path | None, keys: list[str]) -> None:
    """Print the keys of a configuration file that a mock ignores, if there are any."""
    if keys:
        show(f"keys of {path} that the mock ignores: {', '.join(sorted(keys))}")


def stop_in_time(stop: Callable[[], None]) -> None:
    """Stop a mock; should it hang, end the process all the same."""
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
