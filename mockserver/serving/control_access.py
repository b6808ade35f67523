"""Access to the mock's own API: from this machine alone, under its own names, and not from other web pages.

A browser sends what a web page asks for, from this machine. It adds no Origin to a GET of a page whose name
an attacker has pointed to this machine (DNS rebinding), so that only the Host tells such a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

LOCALHOST = "localhost"
RESPONSE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}  # no browser stores, runs, frames, or embeds in another site what the mock's own API answers
_OWN_PAGES = ("", "none", "same-origin")  # values of Sec-Fetch-Site; none is the user, who typed the address
_AUTHORITY = re.compile(r"(?:\[([0-9a-fA-F.]*:[0-9a-fA-F:.]*)\]|([^\[\]:@/\\,\s]+))(?::([0-9]*))?")
_URL = re.compile(r"(?i:https?)://([^/?#]*)(?:[/?#].*)?", re.DOTALL)


class Sender(NamedTuple):
    """The sender of a request, as the request describes it.

    Attributes:
        address: the IP address of the client; "" if it is unknown.
        forwarded: the values of X-Forwarded-For and Forwarded, in which a proxy on this machine names the
            machine that it asks for.
        authorities: the authorities of its Host header and of a target in absolute form; there may be none.
        pages: the URLs in its Origin and Referer headers.
        site: the value of its Sec-Fetch-Site header; "" if there is none.
    """

    address: str
    authorities: tuple[str, ...]
    pages: tuple[str, ...] = ()
    site: str = ""
    forwarded: tuple[str, ...] = ()


class _Authority(NamedTuple):
    host: IPv4Address | IPv6Address | str
    port: str


class ControlAccess:
    """The rule of who may use the mock's own API.

    Args:
        names: the names and addresses that the server listens on.
        remote: True admits other machines, under any name of this one.
    """

    def __init__(self, names: Iterable[str] = (), *, remote: bool = False) -> None:
        self._names = frozenset(_host(name) for name in names if name)
        self._remote = remote

    def refusal(self, sender: Sender) -> str:
        """The reason to refuse a request; "" if it may pass."""
        authorities = [_authority(text) for text in sender.authorities]
        if not self._remote:
            for address in (sender.address, *_clients(sender.forwarded)):
                if not self._is_here(_host(address)):
                    return (
                        f"/_mock/ answers only this machine, not {address or 'an unknown address'}; "
                        "serve with --remote-control to change that"
                    )
            for text, authority in zip(sender.authorities, authorities, strict=True):
                if authority is None or not self._is_here(authority.host):
                    return _foreign_host(repr(text))
            if not authorities:
                return _foreign_host("no name")
        for url in filter(None, sender.pages):
            if not self._is_own_page(url, authorities):
                return f"/_mock/ does not answer web pages of other sites, such as {url}"
        if sender.site not in _OWN_PAGES:
            return f"/_mock/ does not answer web pages of other sites; Sec-Fetch-Site is {sender.site}"
        return ""

    def _is_here(self, host: IPv4Address | IPv6Address | str) -> bool:
        """True for a loopback address, localhost, and the names and addresses that the server listens on."""
        is_loopback = host == LOCALHOST if isinstance(host, str) else host.is_loopback
        return is_loopback or host in self._names

    def _is_own_page(self, url: str, authorities: list[_Authority | None]) -> bool:
        """True for a page of this server, under a name that no DNS server can point elsewhere."""
        match = _URL.fullmatch(url)
        authority = _authority(match[1]) if match else None
        if authority is None or authority not in authorities:
            return False
        return not isinstance(authority.host, str) or self._is_here(authority.host)


def _clients(forwarded: Iterable[str]) -> list[str]:
    """The addresses in values of X-Forwarded-For and Forwarded, each without a port."""
    clients = []
    for part in re.split(r"[,;]", ",".join(forwarded)):
        name, equals, value = part.partition("=")
        if not equals or name.strip().lower() == "for":
            clients.append((value if equals else part).strip().strip('"'))
    return [
        match[1] or match[2] if (match := _AUTHORITY.fullmatch(text)) else text for text in clients if text
    ]


def _foreign_host(host: str) -> str:
    return (
        f"/_mock/ answers to the names of this machine, not to {host}; ask 127.0.0.1, [::1], localhost or "
        "the address of --host, or serve with --remote-control"
    )


def _authority(text: str) -> _Authority | None:
    """The host and the port of an authority; None if it is malformed, or has user information."""
    match = _AUTHORITY.fullmatch(text)
    return _Authority(_host(match[1] or match[2]), match[3] or "") if match else None


def _host(text: str) -> IPv4Address | IPv6Address | str:
    """An IP address, the IPv4 address of one that IPv6 maps, or a name in lower case without its last dot."""
    name = text.lower().removesuffix(".")
    try:
        address = ip_address(name)
    except ValueError:
        return name
    return getattr(address, "ipv4_mapped", None) or address
