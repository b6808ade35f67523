"""serve: run the mock gateway."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.cli import Commands

if TYPE_CHECKING:
    from mockserver.gateway.config import Config
    from mockserver.storage.backend import Backend


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
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
    serve.add_argument("--apis", type=Path, metavar="DIR", help="directory of API definitions, *.json")
    serve.add_argument(
        "--upstream",
        action="append",
        default=[],
        metavar="HOST",
        help="host that APIs may be forwarded to, beside this machine; may be repeated. "
        "A target elsewhere is not asked: the answer says what would have reached it",
    )
    serve.add_argument(
        "--remote-control", action="store_true", help="let other machines use /_mock/ too, not this one alone"
    )
    serve.add_argument(
        "--store",
        metavar="URL",
        help="a Redis that all mocks of a group share, redis://HOST:PORT/DB; memory of its own if left out",
    )
    serve.add_argument(
        "--spec",
        type=Path,
        metavar="FILE",
        help="another OpenAPI file of the gateway; what ours does not know of it "
        "is answered from its examples",
    )
    serve.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it; return the exit code."""
    from mockserver.contract.openapi import Contract
    from mockserver.contract.spec_files import version_of
    from mockserver.serving.mock_gateway import MockGateway

    config, ignored = _configured(options)
    version = version_of(options.gateway)
    extra = Contract.of_file(options.spec) if options.spec else None
    backend = _backend(options.store) if options.store else None
    with MockGateway.of(
        version, config, extra, options.upstream,
        remote_control=options.remote_control, backend=backend,
    ) as gateway:  # fmt: skip
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: gateway.stop())
        if ignored:
            print(f"keys of {options.conf} that the mock ignores: {', '.join(sorted(ignored))}")
        for line in gateway.gateway.warnings():
            print(line)
        ours = gateway.gateway.contract
        known = len(ours.operations)
        more = f" and {len(extra.beyond(ours))} more of {options.spec}" if extra else ""
        print(f"Tyk Gateway {version} mocked on {gateway.url}: {known} operations{more}", flush=True)
        if config.secret == type(config)().secret:
            print(f'the secret is "{config.secret}"; set another with --secret', flush=True)
        gateway.wait()
    return 0


def _backend(url: str) -> Backend:
    from mockserver.gateway.config import ConfigError

    try:
        from mockserver.storage.redis_backend import RedisBackend
    except ImportError as error:
        raise ConfigError("--store needs the redis package: pip install 'tyk-contract[redis]'") from error
    return RedisBackend(url)


def _configured(options: argparse.Namespace) -> tuple[Config, list[str]]:
    from mockserver.gateway.config import ConfigError, load
    from mockserver.serving.mock_gateway import with_policies

    config, ignored = load(options.conf, os.environ)
    flags = {
        "listen_port": options.port,
        "listen_address": options.host,
        "secret": options.secret,
    }
    for key, value in flags.items():
        if value is not None:
            config = config.having(key, value)
    if options.apis is not None:
        if not options.apis.is_dir():
            raise ConfigError(f"--apis {options.apis}: there is no such directory; make it first")
        config = config.having("app_path", str(options.apis))
    if options.policies is not None:
        if not options.policies.exists():
            raise ConfigError(f"--policies {options.policies}: there is no such place; make it first")
        config = with_policies(config, options.policies)
    return config, ignored
