"""The commands of `tyk-contract`, one module each: `add` declares a command, `run` executes it.

Commands import heavy modules inside `run`, so that the others start without them.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, TypeAlias

from mockserver.console.credentials import CREDENTIALS, KEY, SECRET
from mockserver.console.terminal import show_error
from mockserver.http.deadline import RUN_SECONDS
from mockserver.http.run_flags import seconds

if TYPE_CHECKING:
    from contract_tests.engine.service import Service
    from mockserver.http.connection_settings import ConnectionSettings
    from mockserver.http.pacing import Pacer

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  argparse has no public name for it

SERVICES = ("gateway", "dashboard")
CONFORMS, BROKEN, USAGE, UNREACHABLE = 0, 1, 2, 3
EXIT_CODES = (
    "Exit codes: 0 the gateway conforms, 1 it does not conform, 2 usage error, internal error, or a limit of "
    "the run was reached, 3 the gateway cannot be reached."
)


def add_target(parser: argparse.ArgumentParser, *, is_optional: bool = False) -> None:
    """Declare the arguments that name a service: its URL, its kind, and its secret or key."""
    parser.add_argument(
        "url",
        nargs="?" if is_optional else None,
        metavar="URL",
        help="URL of the gateway or Dashboard, as in http://host:8080.",
    )
    add_service(parser)
    SECRET.add_options(parser)
    KEY.add_options(parser)
    add_connection(parser)


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say how a gateway or Dashboard is reached."""
    from mockserver.http.connection_options import add_options

    add_options(parser.add_argument_group("how the service is reached (docs/reaching.md)").add_argument)


def connection_of(options: argparse.Namespace) -> ConnectionSettings:
    """How the options say that a service is reached; they are read once.

    Raises:
        ValueError: an option cannot be used.
    """
    from mockserver.http.connection_options import settings_of

    if not hasattr(options, "connection"):
        options.connection = settings_of(lambda name: getattr(options, name.replace("-", "_")))
        if options.connection.insecure:
            show_error("tyk-contract: the certificate of the server is not checked (--insecure)")
    settings: ConnectionSettings = options.connection
    return settings


def url_of(options: argparse.Namespace) -> str:
    """The URL of the options with the base path; "" if they have none.

    Raises:
        ValueError: it has another path, or is no URL.
    """
    return connection_of(options).located(options.url) if options.url else ""


def show_pace(pacer: Pacer) -> None:
    """Say on standard error that a server limited the requests of a command, if it did."""
    if pacer.note:
        show_error(f"tyk-contract: {pacer.note}")


def add_service(parser: argparse.ArgumentParser) -> None:
    """Declare the flag that says which service is meant."""
    parser.add_argument(
        "--service",
        choices=SERVICES,
        default="gateway",
        help="Service that is meant. (default: %(default)s)",
    )


def add_versions(parser: argparse.ArgumentParser, help_of: str, default: str | None) -> None:
    """Declare a flag for the version of each service; `help_of` describes the value after its name."""
    for service, version in zip(SERVICES, ("as in 5.12 or 5.12.0", "as in 5.13 or 5.13.1"), strict=True):
        parser.add_argument(
            f"--{service}",
            metavar="VERSION",
            default=default,
            help=f"{service.capitalize()} version{help_of.format(example=version)}",
        )


def service_of(options: argparse.Namespace) -> Service:
    """The service that the options mean."""
    return service_named(options.service)


def service_named(name: str) -> Service:
    """The service with one of the names in `SERVICES`."""
    if name == "dashboard":
        from contract_tests.dashboard.service import DASHBOARD

        return DASHBOARD
    from contract_tests.gateway.service import GATEWAY

    return GATEWAY


def version_asked(options: argparse.Namespace) -> str | None:
    """The version of the service that the options give."""
    version: str | None = getattr(options, options.service)
    return version


def add_max_time(parser: argparse._ActionsContainer, consequence: str) -> None:
    """Declare --max-time, with a sentence that says what happens then."""
    parser.add_argument(
        "--max-time",
        type=seconds,
        default=RUN_SECONDS,
        metavar="SECONDS",
        help=f"Time of all requests together. {consequence} (default: %(default)g)",
    )


def percent(text: str) -> float:
    """The percentage of an argument."""
    value = float(text)
    if not 0 < value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is no percentage; give one over 0 and up to 100")
    return value


def secret_of(options: argparse.Namespace) -> str:
    """The secret of the gateway, or the key of the Dashboard, of the options, else of the variable, else "".

    Raises:
        CredentialError: the options give several, or a file or standard input has none.
    """
    return (KEY if options.service == "dashboard" else SECRET).of(options) or ""


def lines_of(error: Exception, options: argparse.Namespace) -> list[str]:
    """The message of an error, in one line, and the lines of its notes, without the secrets."""
    from mockserver.http.redaction import all_hidden

    notes = [line for note in getattr(error, "__notes__", ()) for line in note.splitlines()]
    secrets = [value for kind in CREDENTIALS for value in kind.known(options)]
    connection: ConnectionSettings | None = getattr(options, "connection", None)
    secrets += connection.secrets if connection else ()
    return [all_hidden(line, secrets) for line in (f"tyk-contract: {error}", *notes)]
