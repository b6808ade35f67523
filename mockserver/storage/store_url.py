"""The URL of a Redis server, and the client's arguments that it stands for.

Such a URL has a password in it. No message shows a part of a malformed URL, for any part of it may belong to
a password whose special characters were not encoded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from redis.connection import parse_url

from mockserver.storage.bounded_connection import (
    BoundedConnection,
    BoundedSSLConnection,
    BoundedUnixConnection,
)

_TAIL = r"(?:\?(?P<query>[^#@\s]*))?"
_FORMS = (
    rf"rediss?://(?:[^/?#\s]*@)?(?:[\w.-]+|\[[0-9A-Fa-f:.]+\]|)(?::\d{{1,5}})?(?:/\d{{0,9}})?{_TAIL}",
    rf"unix://(?:[^/?#\s]*@)?/[^@?#\s]+{_TAIL}",
)
_CONNECTIONS = {
    "redis": BoundedConnection, "rediss": BoundedSSLConnection, "unix": BoundedUnixConnection,
}  # fmt: skip
_PARAMETERS = {  # of the query; others could undo the limits of time and size
    "db", "username", "password", "ssl_cert_reqs", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile",
    "ssl_check_hostname",
}  # fmt: skip
_MALFORMED = (
    "the URL of the store is not the URL of a Redis server; give one such as redis://localhost:6379/0, "
    "redis://USER:PASSWORD@HOST:6379/0, rediss:// for TLS "  # pragma: allowlist secret
    "or unix:///run/redis.sock?db=0, and write "
    "/ ? # % @ in a password as %2F %3F %23 %25 %40"
)


@dataclass(frozen=True)
class StoreUrl:
    """The parts of the URL of a Redis server.

    Attributes:
        name: the server and its database in messages: "localhost:6379/0", or "/run/redis.sock/0".
        database: the number of the database.
        arguments: the arguments of a connection pool of redis-py, with the password.
    """

    name: str
    database: int
    arguments: dict[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> StoreUrl:
        """The parts of a URL.

        Raises:
            ValueError: it is not the URL of a Redis server; the message shows no part of it.
        """
        match = next(filter(None, (re.fullmatch(form, url) for form in _FORMS)), None)
        query = (match["query"] or "") if match else ""
        names = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
        try:
            arguments: dict[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]
            database = int(arguments.setdefault("db", 0))
        except ValueError:
            match = None
        if match is None or not url.isprintable() or names - _PARAMETERS or database < 0:
            raise ValueError(_MALFORMED)
        host = str(arguments.get("host", "localhost"))
        host = f"[{host}]" if ":" in host else host
        place = arguments.get("path") or f"{host}:{arguments.get('port', 6379)}"
        arguments["connection_class"] = _CONNECTIONS[url.partition("://")[0]]
        return cls(f"{place}/{database}", database, arguments)
