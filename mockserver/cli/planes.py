"""planes: run a whole deployment, a control plane and data planes, each of these in a process of its own."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mockserver.cli import Commands, dashboard
from mockserver.console.credentials import STORE
from mockserver.console.terminal import show, show_error

if TYPE_CHECKING:
    from mockserver.cli.plane_process import PlaneSettings
    from mockserver.serving.mock_dashboard import MockDashboard

MOST = 50  # data planes
FIRST_PORT = 8080  # of the gateway beside the Dashboard; those of the planes follow it


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "planes",
        help="Run a mock Dashboard with data planes.",
        description="Run a mock Dashboard as a control plane, a mock gateway beside it, and data planes: "
        "mock gateways in processes of their own, which speak the remote calls of MDCB over TCP as real "
        "gateways do. Each plane has a group of its own, and keeps a backup: a plane that is killed can be "
        "started again, also without its control plane. The planes' ports follow that of the gateway.",
    )
    parser.add_argument("count", type=_count, metavar="N", help=f"Number of data planes, up to {MOST}.")
    parser.add_argument(
        "--gateway",
        action="append",
        default=[],
        metavar="VERSION",
        help="Gateway version of the planes, as in 5.12 or 5.12.0. May be repeated: the planes take turns.",
    )
    parser.add_argument(
        "--dir",
        type=Path,
        metavar="DIR",
        help="Directory of the planes' configurations and backups (a temporary one). With --store, backups "
        "are in the databases of that Redis that follow the Dashboard's.",
    )
    dashboard.add_options(parser)
    parser.set_defaults(run=run, gateway_version=None)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    from mockserver.cli.plane_process import PlaneProcess
    from mockserver.contract.spec_files import version_of

    for version in options.gateway:
        version_of(version)
    store = STORE.of(options) or ""
    stores = [store and _database(store, number) for number in range(1, options.count + 1)]
    if options.mdcb is None:
        options.mdcb = 0
    with (
        _folder(options.dir) as folder,
        dashboard.serving(options) as control,
        contextlib.ExitStack() as processes,
    ):
        settings = _settings(options, control, folder, stores)
        planes = [processes.enter_context(PlaneProcess(one)) for one in settings]
        for plane in planes:
            show(f"{plane.settings.name} on {plane.wait_until_started()}, process {plane.pid}")
            plane.on_end(_show_end)
        show(f"each can be ended alone, and started again: {settings[0].command}")
        control.wait()
    return 0


def _settings(
    options: argparse.Namespace, control: MockDashboard, folder: Path, stores: list[str]
) -> list[PlaneSettings]:
    from mockserver.cli.plane_process import PlaneSettings
    from mockserver.gateway.config import DEFAULT_SECRET

    beside = control.gateway
    port = FIRST_PORT if beside is None else urlsplit(beside.url).port or FIRST_PORT
    of_all = PlaneSettings(
        name="",
        folder=folder,
        control=control.mdcb_address,
        organisation=control.state.organisation,
        key=control.key,
        secret=DEFAULT_SECRET if beside is None else beside.secret,
        host=control.state.config.listen_address,
    )
    versions = options.gateway or [""]
    return [
        replace(
            of_all,
            name=f"plane-{number}",
            port=0 if options.gateway_port == 0 else port + number,
            version=versions[(number - 1) % len(versions)],
            store=store,
        )
        for number, store in enumerate(stores, 1)
    ]


def _show_end(plane: PlaneSettings, code: int) -> None:
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    show_error(f"{plane.name} ended with {how}; start it again: {plane.command}")


@contextlib.contextmanager
def _folder(path: Path | None) -> Iterator[Path]:
    """The directory of the option, or a temporary one."""
    if path is not None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="tyk-contract-planes-") as folder:
        yield Path(folder)


def _database(url: str, number: int) -> str:
    """The URL of the database that many after that of a Redis URL.

    Raises:
        ConfigError: the URL has no path that names a database.
    """
    from mockserver.service.configuration import ConfigError
    from mockserver.storage.store_url import StoreUrl

    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss"):
        raise ConfigError("planes need several databases; give a --store of the form redis://HOST:PORT/DB")
    return parts._replace(path=f"/{StoreUrl.parse(url).database + number}").geturl()


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text} is no number of planes; give one from 1 to {MOST}")
    return int(text)
