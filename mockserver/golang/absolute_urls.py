"""URLs of upstreams and key sets, as Go's net/url parses them (url.Parse of Go 1.26)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_USER = re.compile(r"(?:[A-Za-z0-9._:~!$&'()*+,;=@-]++|%[0-9A-Fa-f]{2})*+")
_HOST = re.compile(r"(?:[^\x00-\x20#%/?@\\^`{|}\x7f]++|%(?:[89A-Fa-f][0-9A-Fa-f]|25))*+")
_PORT = re.compile(r"(?::[0-9]*)?")


class BadUrl(ValueError):
    """Go does not parse the text as a URL; the message says why, without the text."""


@dataclass(frozen=True)
class AbsoluteUrl:
    """The parts of a URL.

    Attributes:
        scheme: in lower case; "" if there is none.
        authority: host and port as they stand; "" if the URL has none.
        path: the unescaped path; a byte that is not UTF-8 is a lone surrogate (surrogateescape).
        query: the query as it is sent, without a question mark; each character is a byte (Latin-1).
    """

    scheme: str = ""
    authority: str = ""
    path: str = ""
    query: str = ""

    @property
    def host(self) -> str:
        """The host without brackets, in lower case."""
        host = self.authority
        if host.startswith("["):
            return unquote(host[1:].partition("]")[0]).lower()
        return host.partition(":")[0].lower()

    @property
    def port(self) -> int:
        """The port; that of the scheme if none is given, else 0."""
        digits = self.authority.rpartition("]")[2].partition(":")[2]
        if digits:
            return int(digits[-18:])  # nobody listens on one of over five digits
        return {"http": 80, "ws": 80, "https": 443, "wss": 443}.get(self.scheme, 0)


def parse(text: str) -> AbsoluteUrl:
    """Parse a URL; one that is relative or opaque has no authority.

    Raises:
        BadUrl: Go does not parse it.
    """
    rest, _, fragment = text.partition("#")
    if _CONTROL.search(rest):
        raise BadUrl("it has a control character")
    if _BAD_ESCAPE.search(fragment):
        raise BadUrl("its fragment has a % that escapes nothing")
    scheme = ""
    if match := _SCHEME.fullmatch(rest):
        scheme, rest = match[1].lower(), match[2]
    elif rest.startswith(":"):
        raise BadUrl("its scheme is missing")
    rest, _, query = rest.partition("?")
    query = query.encode("utf-8", "surrogateescape").decode("latin-1")
    if not rest.startswith("/") and (scheme or ":" in rest.partition("/")[0]):
        if scheme:
            return AbsoluteUrl(scheme, query=query)
        raise BadUrl("its first segment has a colon")
    authority = ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        user, _, authority = authority.rpartition("@")
        if not _USER.fullmatch(user):
            raise BadUrl("its user has a character that must be escaped")
        _check_authority(authority, scheme)
    if _BAD_ESCAPE.search(rest):
        raise BadUrl("its path has a % that escapes nothing")
    return AbsoluteUrl(scheme, authority, unquote(rest, errors="surrogateescape"), query)


def _check_authority(authority: str, scheme: str) -> None:
    if "[" in authority:
        start, _, rest = authority.rpartition("[")
        address, bracket, port = rest.rpartition("]")
        if start or not bracket or _BAD_ESCAPE.search(address):
            raise BadUrl("its host has a bracket or a % at the wrong place")
        from ipaddress import IPv6Address  # here, for few addresses are of this kind

        try:
            IPv6Address(unquote(address))
        except ValueError as error:
            raise BadUrl("its host in brackets is not an IPv6 address") from error
    else:
        colon = authority.find(":") if scheme in ("http", "https") else authority.rfind(":")
        host, port = (authority, "") if colon < 0 else (authority[:colon], authority[colon:])
        if not _HOST.fullmatch(host):
            raise BadUrl("its host has a character that is not allowed")
    if not _PORT.fullmatch(port):
        raise BadUrl("its port is not a number")
