"""Origins: the scheme, host and port of a URL, and the path before each target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Origin:
    """Where a URL leads to.

    Attributes:
        prefix: the path of the URL, without a slash at its end.
    """

    host: str
    port: int
    is_secure: bool
    prefix: str = ""

    @classmethod
    def of(cls, url: str) -> Self:
        """The origin of a URL, whose scheme is http if it has none.

        Raises:
            ValueError: it is no http or https URL, or has a user, a query or a fragment.
        """
        if "@" in url:  # wherever: no part of such a URL may be shown
            raise ValueError("the URL has a user or a password; give only http://host:8080")
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{url!r} is not the URL of a gateway; write it as http://host:8080")
        is_secure = parts.scheme == "https"
        try:
            port = parts.port or (443 if is_secure else 80)
        except ValueError as error:
            raise ValueError(f"{url!r} has no valid port; write it as http://host:8080") from error
        return cls(parts.hostname, port, is_secure, parts.path.rstrip("/"))

    @property
    def name(self) -> str:
        """The host as it stands in a URL: with brackets around an IPv6 address, and without its zone."""
        return f"[{self.host.partition('%')[0]}]" if ":" in self.host else self.host

    @property
    def authority(self) -> str:
        """The value of Host: the port only if it is not that of the scheme."""
        is_default = self.port == (443 if self.is_secure else 80)
        return self.name if is_default else f"{self.name}:{self.port}"

    @property
    def url(self) -> str:
        """The URL without the path."""
        return f"{'https' if self.is_secure else 'http'}://{self.authority}"
