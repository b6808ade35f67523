"""dashboard: run the mock Dashboard, and a mock gateway beside it."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockserver.cli import Commands
from mockserver.cli.faults import add_fault_option, set_fault
from mockserver.cli.help_format import EXAMPLES, HelpFormatter
from mockserver.cli.running import Running, add_log_options, exposure, ignored_lines, source_of_address
from mockserver.cli.serve import (
    collector_paused,
    gateway_values,
    redis_backend,
    stop_on_signals,
)
from mockserver.console.credentials import ADMIN_SECRET, KEY, NODE_SECRET, STORE

if TYPE_CHECKING:
    from mockserver.dashboard.config import Config
    from mockserver.gateway.config import Config as GatewayConfig
    from mockserver.serving.mock_dashboard import MockDashboard
    from mockserver.storage.backend import Backend


DASHBOARD_EXAMPLES = f"""{EXAMPLES}tyk-contract dashboard --conf tyk_analytics.conf
tyk-contract dashboard --state state --gateway-port 8081
tyk-contract dashboard --mdcb 9091 --fault mdcb-gone=3
"""


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "dashboard",
        help="Run the mock Dashboard.",
        description="Run a mock of the Tyk Dashboard until it is interrupted, and a mock gateway beside it, "
        "to which it hands keys on. It reads the tyk_analytics.conf and the TYK_DB_* variables of a real "
        "Dashboard. Flags override variables, and variables override the file. A browser finds its pages at "
        "/_mock/.",
        epilog=DASHBOARD_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    add_options(parser)
    parser.add_argument(
        "--gateway",
        dest="gateway_version",
        metavar="VERSION",
        help="Version of the gateway beside the Dashboard, as in 5.12; the default version if left out.",
    )
    parser.set_defaults(run=run)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of a mock Dashboard, and of the gateway beside it."""
    settings = parser.add_argument_group("what is mocked")
    network = parser.add_argument_group("network and access")
    state = parser.add_argument_group("state")
    nodes = parser.add_argument_group("gateways")
    settings.add_argument(
        "--conf",
        type=Path,
        metavar="FILE",
        help="Configuration file of a real Dashboard, tyk_analytics.conf.",
    )
    network.add_argument(
        "--port", type=int, metavar="PORT", help="Port to listen on; 0 selects a free port (3000)."
    )
    network.add_argument("--host", metavar="ADDRESS", help="Address to listen on (127.0.0.1).")
    settings.add_argument(
        "--dashboard",
        metavar="VERSION",
        help="Dashboard version to mock, as in 5.13 or 5.13.1; the default version if left out.",
    )
    for credential in (KEY, ADMIN_SECRET, NODE_SECRET):
        credential.add_options(network)
    settings.add_argument("--org", metavar="ID", help="Id of the first organisation, 24 hex digits.")
    settings.add_argument(
        "--style",
        default="",
        choices=["2017"],
        help="Form of policies: that of the documents of 2017, with apiid and apiname.",
    )
    state.add_argument("--state", type=Path, metavar="DIR", help="Directory that keeps the state.")
    STORE.add_options(state, note=" (none: the state is in memory, or in --state)")
    nodes.add_argument("--no-gateway", action="store_true", help="Start no gateway beside the Dashboard.")
    nodes.add_argument(
        "--gateway-conf",
        type=Path,
        metavar="FILE",
        help="Configuration file of that gateway, tyk.conf; TYK_GW_* variables override it. With it the "
        "gateway is started even if the Dashboard's configuration names another one.",
    )
    nodes.add_argument(
        "--gateway-port", type=int, metavar="PORT", help="Port of that gateway; 0 selects a free one (8080)."
    )
    nodes.add_argument(
        "--mdcb",
        type=int,
        metavar="PORT",
        help="Serve data planes, as MDCB does, on this port; 0 selects a free one (by default none are).",
    )
    nodes.add_argument(
        "--strict-nonces",
        action="store_true",
        help="Refuse gateways that pull with any but their newest nonce. A real gateway that is refused "
        "during a reload hangs, so by default none is.",
    )
    add_fault_option(
        settings,
        "nonce-lost, register-conflict, empty-list, bad-id, slow or gone; those of data planes mdcb-gone, "
        "mdcb-login, mdcb-error, mdcb-empty-list, mdcb-bad-id or mdcb-slow; once",
    )
    network.add_argument(
        "--remote-control",
        action="store_true",
        help="Allow /_mock/ to other machines, and under any name of this one in the Host header.",
    )
    add_log_options(parser)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    with serving(options) as dashboard:
        dashboard.wait()
    return 0


@contextlib.contextmanager
def serving(options: argparse.Namespace) -> Iterator[MockDashboard]:
    """The mock Dashboard that the options describe, after its start lines were printed."""
    from mockserver.dashboard.dashboard import DEFAULT_KEY

    _check_faults(options)
    running = Running(options)
    config, ignored = _configuration(options)
    gateway_config, ignored_by_gateway = _gateway_configuration(options, config)
    with collector_paused():
        mock = _started(options, config, gateway_config)
    beside = {"gateway": mock.gateway.mock} if mock.gateway else {}
    with mock as dashboard, running.logged({"dashboard": mock.mock, **beside}):
        stop_on_signals(dashboard.stop)
        effects = [set_fault(dashboard, text) for text in options.fault]
        running.warn(
            *ignored_lines(options.conf, ignored, "dashboard"),
            *ignored_lines(options.gateway_conf, ignored_by_gateway),
        )
        version, count = dashboard.state.version, len(dashboard.state.contract.operations)
        running.started(
            f"Tyk Dashboard {version} mocked on {dashboard.url} ({count} operations); "
            f"in a browser {dashboard.page}",
            _values(dashboard),
        )
        source = source_of_address("TYK_DB_LISTENADDRESS", options.conf, options.host)
        running.warn(*exposure(dashboard.address, config.listen_address, source))
        if dashboard.gateway is not None:
            gateway = dashboard.gateway
            running.note(f"Tyk Gateway {gateway.gateway.version} mocked on {gateway.url}")
            source = source_of_address("TYK_GW_LISTENADDRESS", options.gateway_conf)
            running.warn(*exposure(gateway.address, gateway.gateway.config.listen_address, source))
        if dashboard.mdcb_address:
            address = dashboard.mdcb_address
            running.note(f'MDCB for data planes on {address}, the slave_options "connection_string"')
        is_secret = dashboard.key != DEFAULT_KEY
        key = "" if is_secret else f', the key "{DEFAULT_KEY}"'
        running.note(f'the organisation is "{dashboard.state.organisation}"{key}', *effects)
        yield dashboard


def _values(dashboard: MockDashboard) -> dict[str, Any]:
    """What a start line in JSON tells of a mock Dashboard, and of the gateway beside it."""
    host, port = dashboard.address
    return {
        "service": "dashboard",
        "version": str(dashboard.state.version),
        "url": dashboard.url,
        "page": dashboard.page,
        "address": host,
        "port": port,
        "operations": len(dashboard.state.contract.operations),
        "organisation": dashboard.state.organisation,
        "gateway": gateway_values(dashboard.gateway) if dashboard.gateway else None,
        "mdcb": dashboard.mdcb_address or None,
    }


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
        gateway_version=version_of(options.gateway_version),
    )
    return MockDashboard.of(settings, _backend(options))


def _check_faults(options: argparse.Namespace) -> None:
    """Check that data planes are served if their failures are asked for.

    Raises:
        ConfigError: they are not.
    """
    from mockserver.service.configuration import ConfigError

    for name in options.fault:
        if name.startswith("mdcb-") and options.mdcb is None:
            raise ConfigError(
                f"--fault {name} is a failure of data planes, which are not served; give --mdcb PORT"
            )


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
        if options.gateway_conf or options.gateway_port is not None or options.gateway_version:
            raise ConfigError(
                "--no-gateway starts no gateway; leave out --gateway, --gateway-conf and --gateway-port"
            )
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
