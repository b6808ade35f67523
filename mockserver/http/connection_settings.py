"""How a server is reached: certificates, headers, a proxy and a path prefix, as a user gave them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Self

from mockserver.console.input_files import content_within
from mockserver.http.origin import Origin
from mockserver.http.proxy import Proxy, of_environment

if TYPE_CHECKING:
    import ssl

Header = tuple[str, str]
HEADERS_VARIABLE = "TYK_CONTRACT_HEADERS"  # lines "Name: value"
PROXY_VARIABLE = "TYK_CONTRACT_PROXY"
LONGEST_FILE = 64 << 10  # bytes of a file of headers
RESERVED = {  # names of headers that the suite sends itself, or that frame a message
    "accept-encoding", "admin-auth", "authorization", "connection", "content-encoding", "content-length",
    "content-type", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    "x-tyk-authorization",
}  # fmt: skip
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SECRET_NAME = re.compile(r"(?i)auth|cookie|credential|jwt|key|pass|secret|session|sign|token")
_SECRET_VALUE = re.compile(r"(?i)(?:basic|bearer) .*|(?=.*\d)(?=.*[a-z])[\w+/=.~-]{24,}")


@dataclass(frozen=True)
class ConnectionSettings:
    """How to reach the services of one command.

    Attributes:
        cacert: the file of the CAs that may have signed the server's certificate; "" for those of the system.
        cert: the file of the client's certificate; "" for none.
        cert_key: the file of its private key; "" if it is in `cert`.
        insecure: True if no certificate of a server is checked.
        headers: what is sent with each request that has no header of this name.
        proxy: the proxy that is asked for, also for a loopback address; None leaves it to the environment.
        base_path: the path that is before each target, as behind an ingress: "/tyk-gw".
        reads_environment: True if variables of the environment may name a proxy.
    """

    cacert: str = ""
    cert: str = ""
    cert_key: str = ""
    insecure: bool = False
    headers: tuple[Header, ...] = field(default=(), repr=False)
    proxy: Proxy | None = None
    base_path: str = ""
    reads_environment: bool = False

    @classmethod
    def of(
        cls,
        *,
        cacert: str = "",
        cert: str = "",
        cert_key: str = "",
        insecure: bool = False,
        headers: Iterable[str] = (),
        proxy: str = "",
        base_path: str = "",
        environment: Mapping[str, str] = os.environ,
    ) -> Self:
        """The settings that options and variables give; an option for the proxy overrides the variable.

        Raises:
            ValueError: an option cannot be used; the message names it and the next step.
        """
        lines = [*environment.get(HEADERS_VARIABLE, "").splitlines(), *_lines_of(headers)]
        url = proxy or environment.get(PROXY_VARIABLE, "")
        settings = cls(
            cacert=cacert,
            cert=cert,
            cert_key=cert_key,
            insecure=insecure,
            headers=tuple(_header(line) for line in lines if line.strip()),
            proxy=Proxy.parse(url, "--http-proxy" if proxy else PROXY_VARIABLE) if url else None,
            base_path=_base_path(base_path),
            reads_environment=True,
        )
        if cacert and insecure:
            raise ValueError("--cacert and --insecure contradict each other; give one of them")
        if cert_key and not cert:
            raise ValueError("--cert-key has no certificate; give it with --cert FILE")
        if cacert or cert:
            _ = settings.tls  # a file that cannot be used is told before anything is sent
        return settings

    def located(self, url: str) -> str:
        """A URL with the base path; it may have it already.

        Raises:
            ValueError: it is no URL of a service, or has another path.
        """
        origin = Origin.of(url)
        if origin.prefix in ("", self.base_path):
            return f"{origin.url}{self.base_path}"
        raise ValueError(
            f"the URL has the path {origin.prefix}; give {origin.url}, or --base-path {origin.prefix} if the "
            "service is behind a prefix"
        )

    def proxy_for(self, origin: Origin) -> Proxy | None:
        """The proxy that leads to an origin.

        Raises:
            ValueError: a variable of the environment is not the URL of an HTTP proxy.
        """
        if self.proxy is not None or not self.reads_environment:
            return self.proxy
        return of_environment(origin)

    def merged(self, headers: Iterable[Header]) -> list[Header]:
        """The headers of a request, and those of the settings that it does not have itself."""
        own = list(headers)
        names = {name.lower() for name, _ in own}
        return own + [header for header in self.headers if header[0].lower() not in names]

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """The context of TLS connections; reading the CAs takes a while, so it is made once.

        Raises:
            ValueError: a file cannot be read, or has no certificate or key.
        """
        from mockserver.http.tls import context_of

        return context_of(self.cacert, self.cert, self.cert_key, is_checked=not self.insecure)

    @property
    def secrets(self) -> list[str]:
        """The values of headers that look secret, and the password of the proxy."""
        values = [secret for _, _, secret in secret_headers(self.headers)]
        return values + ([self.proxy.password] if self.proxy and self.proxy.password else [])

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines that a reader of a report must know of."""
        notes = []
        if self.insecure:
            notes.append("the certificate of the server was not checked (--insecure)")
        if self.headers:
            names = ", ".join(dict.fromkeys(name for name, _ in self.headers))
            notes.append(f"each request had more headers of the user: {names}")
        if self.proxy is not None:
            notes.append(f"the requests went through the proxy {self.proxy.url}")
        return tuple(notes)


def secret_headers(headers: Iterable[Header]) -> Iterator[tuple[str, str, str]]:
    """The name, the scheme with a space, and the secret of each header whose value looks secret."""
    for name, value in headers:
        if _SECRET_NAME.search(name) or _SECRET_VALUE.fullmatch(value):
            scheme, space, rest = value.partition(" ")
            has_scheme = scheme.lower() in ("basic", "bearer") and space
            yield (name, f"{scheme} ", rest) if has_scheme else (name, "", value)


def variable_of(name: str) -> str:
    """The variable that stands for the secret of a header in a command to paste: HEADER_X_API_KEY."""
    return "HEADER_" + re.sub(r"\W", "_", name.upper())


def _lines_of(headers: Iterable[str]) -> Iterator[str]:
    """The lines of the options: each is a header, or @FILE for the lines of a file."""
    for text in headers:
        if not text.startswith("@"):
            yield text
            continue
        try:
            yield from content_within(text[1:], LONGEST_FILE).decode().splitlines()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ValueError(f"--header {text}: {reason}; give a file with lines 'Name: value'") from None


def _header(line: str) -> Header:
    """The name and the value in a line; messages show no value, which may be secret."""
    name, colon, value = line.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not _TOKEN.fullmatch(name):
        raise ValueError("a --header has no name and colon; write it as --header 'Name: value'")
    if name.lower() in RESERVED:
        raise ValueError(f"--header {name}: the suite itself sends {name}; leave it out")
    if not value or not all(character.isprintable() for character in value):
        raise ValueError(f"--header {name}: its value is empty or has control characters; correct it")
    return name, value


def _base_path(text: str) -> str:
    path = f"/{text.strip('/')}" if text.strip("/") else ""
    if not re.fullmatch(r"(?:/[\w.~!$&'()*+,;=:@%-]+)*", path):
        raise ValueError(f"--base-path {text!r} is not a path; write it as --base-path /tyk-gw")
    return path
