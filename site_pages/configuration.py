"""The page of environment variables, with the keys of the configuration files."""

from __future__ import annotations

from dataclasses import fields

from mockserver.cli.catalogue_formats import plain
from mockserver.console.credentials import CREDENTIALS
from mockserver.dashboard.config import Config as DashboardConfig
from mockserver.gateway.config import Config as GatewayConfig
from mockserver.http.connection_settings import HEADERS_VARIABLE, PROXY_VARIABLE
from mockserver.service.configuration import Configuration
from site_pages.markdown import code, page, table


def variables_page() -> str:
    """Each variable that a command or a mock reads."""
    return page(
        "Environment variables",
        "Keys of a configuration file that are not here are named when a mock starts, and have no effect.",
        [
            "## Credentials",
            *table(
                ("variable", "option", "what it is"),
                [(code(it.variable), code(f"--{it.name}"), plain(it.what)) for it in CREDENTIALS],
            ),
        ],
        [
            "## How a gateway is reached",
            *table(
                ("variable", "option", "what it is"),
                [
                    (code(HEADERS_VARIABLE), code("--header"), "Headers, a line each"),
                    (code(PROXY_VARIABLE), code("--http-proxy"), "URL of the proxy"),
                ],
            ),
        ],
        ["## A mock gateway: tyk.conf", *_keys(GatewayConfig)],
        ["## A mock Dashboard: tyk_analytics.conf", *_keys(DashboardConfig)],
    )


def _keys(kind: type[Configuration]) -> list[str]:
    rows = [
        (
            code(kind.variable_of(field.name)),
            code(field.name.replace("__", ".")),
            code("") if field.name in kind.SECRETS else code(_shown(field.default)),
        )
        for field in fields(kind)
    ]
    omit = [f"`{kind.OMIT}=true` makes the mock ignore the file."] if kind.OMIT else []
    return [*table(("variable", "key of the file", "default"), rows), *omit]


def _shown(value: object) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else ",".join(value)
        if isinstance(value, tuple)
        else str(value)
    )
