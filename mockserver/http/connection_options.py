"""The options that say how a server is reached: the same of every command, and of the suite under pytest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver.http.connection_settings import HEADERS_VARIABLE, PROXY_VARIABLE, ConnectionSettings

OPTIONS: dict[str, dict[str, Any]] = {  # the arguments of `add_argument` by option
    "cacert": {
        "metavar": "FILE",
        "default": "",
        "help": "CAs that may have signed the server's certificate, in PEM; without it those of the system, "
        "or of the variable SSL_CERT_FILE.",
    },
    "cert": {
        "metavar": "FILE",
        "default": "",
        "help": "Client certificate in PEM, with the certificates between it and its CA.",
    },
    "cert-key": {
        "metavar": "FILE",
        "default": "",
        "help": "Private key of --cert, not encrypted; without it the key is in the file of --cert.",
    },
    "insecure": {
        "action": "store_true",
        "help": "Check no certificate of a server; the report says so.",
    },
    "header": {
        "action": "append",
        "default": [],
        "metavar": "'NAME: VALUE'",
        "help": "Header to send with each request, as a proxy on the way wants it, or @FILE with such "
        f"lines. May be repeated; lines of the variable {HEADERS_VARIABLE} come first. Values that look "
        "secret are in no report.",
    },
    "http-proxy": {
        "metavar": "URL",
        "default": "",
        "help": f"HTTP proxy, as in http://proxy:3128; without it the variable {PROXY_VARIABLE}, else "
        "HTTP_PROXY, HTTPS_PROXY and NO_PROXY, which are not used for a loopback address.",
    },
    "base-path": {
        "metavar": "PATH",
        "default": "",
        "help": "Path before each target of the service, as behind an ingress: /tyk-gw.",
    },
}


def add_options(add: Callable[..., Any], prefix: str = "") -> None:
    """Declare the options by a parser's or a group's `add_argument` or `addoption`."""
    for name, arguments in OPTIONS.items():
        add(f"--{prefix}{name}", **arguments)


def settings_of(value_of: Callable[[str], Any]) -> ConnectionSettings:
    """The settings that options give; `value_of` takes the name of an option, such as "cert-key".

    Raises:
        ValueError: an option cannot be used.
    """
    return ConnectionSettings.of(
        cacert=value_of("cacert"),
        cert=value_of("cert"),
        cert_key=value_of("cert-key"),
        insecure=value_of("insecure"),
        headers=value_of("header"),
        proxy=value_of("http-proxy"),
        base_path=value_of("base-path"),
    )


def arguments_of(settings: ConnectionSettings, prefix: str) -> list[str]:
    """The arguments that give these settings again, but for headers and proxy, which may be secret."""
    texts = {
        "cacert": settings.cacert,
        "cert": settings.cert,
        "cert-key": settings.cert_key,
        "base-path": settings.base_path,
    }
    flags = [f"--{prefix}insecure"] if settings.insecure else []
    return [*(f"--{prefix}{name}={text}" for name, text in texts.items() if text), *flags]


def variables_of(settings: ConnectionSettings) -> dict[str, str]:
    """The variables that give headers and proxy again."""
    lines = [f"{name}: {value}" for name, value in settings.headers]
    return {
        HEADERS_VARIABLE: "\n".join(lines),
        PROXY_VARIABLE: settings.proxy.url_with_user if settings.proxy else "",
    }
