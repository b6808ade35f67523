"""dashboard: run the mock Dashboard, and a mock gateway beside it."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.cli import Commands
from mockserver.cli.serve import collector_paused, redis_backend, show_ignored, stop_on_signals
from mockserver.console.credentials import ADMIN_SECRET, KEY, NODE_SECRET, STORE
from mockserver.console.terminal import show

if TYPE_CHECKING:
    from mockserver.dashboard.config import Config
    from mockserver.gateway.config import Config as GatewayConfig
    from mockserver.serving.mock_dashboard import MockDashboard
    from mockserver.storage.backend import Backend


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "dashboard",
        help="Run the mock Dashboard.",
        description="Run a mock of the Tyk Dashboard until it is interrupted, and a mock gateway beside it, "
        "to which it hands keys on. It reads the tyk_analytics.conf and the TYK_DB_* variables of a real "
        "Dashboard. Flags override variables, and variables override the file.",
    )
    add_options(parser)
    parser.set_defaults(run=run)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of a mock Dashboard, and of the gateway beside it."""
    parser.add_argument(
        "--conf",
        type=Path,
        metavar="FILE",
        help="Configuration file of a real Dashboard, tyk_analytics.conf.",
    )
    parser.add_argument(
        "--port", type=int, metavar="PORT", help="Port to listen on; 0 selects a free port (3000)."
    )
    parser.add_argument("--host", metavar="ADDRESS", help="Address to listen on (127.0.0.1).")
    parser.add_argument(
        "--dashboard",
        metavar="VERSION",
        help="Dashboard version to mock, as in 5.13 or 5.13.1; the default version if left out.",
    )
    for credential in (KEY, ADMIN_SECRET, NODE_SECRET):
        credential.add_options(parser)
    parser.add_argument("--org", metavar="ID", help="Id of the first organisation, 24 hex digits.")
    parser.add_argument(
        "--style",
        default="",
        choices=["2017"],
        help="Form of policies: that of the documents of 2017, with apiid and apiname.",
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="Directory that keeps the state.")
    STORE.add_options(parser, note=" (none: the state is in memory, or in --state)")
    parser.add_argument("--no-gateway", action="store_true", help="Start no gateway beside the Dashboard.")
    parser.add_argument(
        "--gateway-conf",
        type=Path,
        metavar="FILE",
        help="Configuration file of that gateway, tyk.conf; TYK_GW_* variables override it. With it the "
        "gateway is started even if the Dashboard's configuration names another one.",
    )
    parser.add_argument(
        "--gateway-port", type=int, metavar="PORT", help="Port of that gateway; 0 selects a free one (8080)."
    )
    parser.add_argument(
        "--mdcb",
        type=int,
        metavar="PORT",
        help="Serve data planes, as MDCB does, on this port; 0 selects a free one (by default none are).",
    )
    parser.add_argument(
        "--strict-nonces",
        action="store_true",
        help="Refuse gateways that pull with any but their newest nonce. A real gateway that is refused "
        "during a reload hangs, so by default none is.",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[=TIMES]",
        help="Let requests of gateways fail from the start: nonce-lost, register-conflict, empty-list, "
        "bad-id, slow or gone; those of data planes mdcb-gone, mdcb-login, mdcb-error, mdcb-empty-list, "
        "mdcb-bad-id or mdcb-slow; once, so many times, or always (0).",
    )
    parser.add_argument(
        "--remote-control",
        action="store_true",
        help="Allow /_mock/ to other machines, and under any name of this one in the Host header.",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    with serving(options) as dashboard:
        dashboard.wait()
    return 0


@contextlib.contextmanager
def serving(options: argparse.Namespace) -> Iterator[MockDashboard]:
    """The mock Dashboard that the options describe, after its start lines were printed."""
    from mockserver.dashboard.dashboard import DEFAULT_KEY

    config, ignored = _configuration(options)
    gateway_config, ignored_by_gateway = _gateway_configuration(options, config)
    with collector_paused():
        mock = _started(options, config, gateway_config)
    with mock as dashboard:
        stop_on_signals(dashboard.stop)
        effects = [_set_fault(dashboard, text) for text in options.fault]
        show_ignored(options.conf, ignored)
        show_ignored(options.gateway_conf, ignored_by_gateway)
        count = len(dashboard.state.contract.operations)
        show(f"Tyk Dashboard {dashboard.state.version} mocked on {dashboard.url}: {count} operations")
        if dashboard.gateway is not None:
            gateway = dashboard.gateway
            show(f"Tyk Gateway {gateway.gateway.version} mocked on {gateway.url}")
        if dashboard.mdcb_address:
            show(f'MDCB for data planes on {dashboard.mdcb_address}, the slave_options "connection_string"')
        is_secret = dashboard.key != DEFAULT_KEY
        key = "" if is_secret else f', the key "{DEFAULT_KEY}"'
        show(f'the organisation is "{dashboard.state.organisation}"{key}')
        for effect in effects:
            show(effect)
        yield dashboard


def _started(options: argparse.Namespace, config: Config, gateway: GatewayConfig | None) -> MockDashboard:
    """The mock Dashboard that the options describe, which listens already."""
    from mockserver.contract.spec_files import version_of
    from mockserver.dashboard.dashboard import DEFAULT_KEY, DEFAULT_ORGANISATION, SPEC
    from mockserver.dashboard.object_ids import is_object_id
    from mockserver.service.configuration import ConfigError
    from mockserver.serving.mock_dashboard import MockDashboard, Settings

    organisation = options.org or DEFAULT_ORGANISATION
    if not is_object_id(organisation):
        raise ConfigError(f"--org {organisation!r} is not the id of an organisation; give 24 hex digits")
    settings = Settings(
        version_of(options.dashboard, SPEC),
        config,
        key=KEY.of(options) or DEFAULT_KEY,
        organisation=organisation.lower(),
        style=options.style,
        gateway=gateway,
        strict_nonces=options.strict_nonces,
        mdcb_port=options.mdcb,
        remote_control=options.remote_control,
    )
    return MockDashboard.of(settings, _backend(options))


def _set_fault(dashboard: MockDashboard, text: str) -> str:
    """Set the fault of an option; returns a line that says what it does.

    Raises:
        FaultError: there is no such scenario, or the number of times is none.
    """
    from mockserver.dashboard.service import SCENARIOS
    from mockserver.service.faults import FaultError

    name, _, times = text.partition("=")
    if times and not (times.isascii() and times.isdigit()):
        raise FaultError(f"--fault {text!r} does not end in a number; give {name}=3, or {name}=0 for always")
    if name.startswith("mdcb-") and not dashboard.mdcb_address:
        raise FaultError(
            f"--fault {name} is a failure of data planes, which are not served; give --mdcb PORT"
        )
    dashboard.fault(scenario=name, times=int(times or 1))
    return f"fault {name}: {SCENARIOS[name].effect}"


def _configuration(options: argparse.Namespace) -> tuple[Config, list[str]]:
    from mockserver.dashboard.config import Config

    config, ignored = Config.load(options.conf, os.environ)
    flags = {
        "listen_port": options.port,
        "listen_address": options.host,
        "admin_secret": ADMIN_SECRET.of_options(options),
        "shared_node_secret": NODE_SECRET.of_options(options),
    }
    return config.overridden(flags), ignored


def _gateway_configuration(
    options: argparse.Namespace, config: Config
) -> tuple[GatewayConfig | None, list[str]]:
    """The configuration of the gateway beside the Dashboard, None for no gateway, and the ignored keys."""
    from mockserver.gateway.config import Config as GatewayConfig
    from mockserver.service.configuration import ConfigError

    if options.no_gateway:
        if options.gateway_conf or options.gateway_port is not None:
            raise ConfigError("--no-gateway starts no gateway; leave out --gateway-conf and --gateway-port")
        return None, []
    if config.tyk_api_config__host and not options.gateway_conf:
        return None, []
    gateway, ignored = GatewayConfig.load(options.gateway_conf, os.environ)
    return gateway.overridden({"listen_port": options.gateway_port}), ignored


def _backend(options: argparse.Namespace) -> Backend | None:
    from mockserver.service.configuration import ConfigError
    from mockserver.storage.document_directory import DirectoryBackend

    store = STORE.of_options(options) if options.state else STORE.of(options)
    if options.state and store is not None:
        raise ConfigError("--state and --store both say where the state is kept; give one of them")
    if options.state:
        return DirectoryBackend(options.state)
    return None if store is None else redis_backend(store)
