"""The credentials of a service, and texts without them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from mockserver.console.shell import Expansion
from mockserver.http.connection_settings import ConnectionSettings, secret_headers, variable_of
from mockserver.http.redaction import SHORTEST, hidden

PROXY_PASSWORD = "PROXY_PASSWORD"  # the variable of a proxy's password in lines to paste


@dataclass(frozen=True)
class Auth:
    """A credential of a service.

    Attributes:
        header: the name of its header.
        secret: the secret in it.
        variable: the variable that a user keeps it in.
        scheme: what stands before the secret: "Bearer ", or nothing.
        second: another credential of the service, which texts must not show either; None if there is none.
    """

    header: str
    secret: str = field(repr=False)
    variable: str = "TYK_GW_SECRET"
    scheme: str = ""
    second: Auth | None = None

    @classmethod
    def chain(cls, auth: Auth, *others: Auth) -> Auth:
        """A credential whose texts show none of the others either."""
        second = cls.chain(*others) if others else None
        return replace(auth, second=second)

    @classmethod
    def of_connection(cls, settings: ConnectionSettings) -> list[Auth]:
        """The credentials of what is on the way to a service: headers that look secret, and a proxy's."""
        auths = [
            cls(name, secret, variable_of(name), scheme)
            for name, scheme, secret in secret_headers(settings.headers)
        ]
        if settings.proxy is not None and settings.proxy.password:
            auths.append(cls("Proxy-Authorization", settings.proxy.password, PROXY_PASSWORD))
        return auths

    @property
    def line(self) -> tuple[str, str]:
        """The header with its value, the scheme and the secret."""
        return self.header, f"{self.scheme}{self.secret}"

    def masked(self, text: str) -> str:
        """A text without the secrets, and without the wrong secrets that tests derive from them."""
        return "".join(self.pieces(text))

    def pieces(self, text: str) -> list[str]:
        """A masked text in pieces; those that a shell can fill in with the secret again are expansions.

        These are the secret and the secret without its last character, as they are. In other forms, such as
        encoded ones, a secret is replaced by words.
        """
        pieces: list[str] = []
        for place, part in enumerate(self._live.split(text) if self._live else [text]):
            if place % 2:
                pieces.append(self._expansions[part])
            elif part:
                pieces += self._of_second(hidden(part, self.secret, f"{self.variable} in another form"))
        return pieces

    def pieces_of_header(self, name: str, value: str) -> list[str]:
        """A header line in pieces as above; the secret in its own header is one, however short it is."""
        if not value.strip():
            return self.pieces(f"{name};")  # curl's notation for an empty value
        auth: Auth | None = self
        while auth is not None:
            if auth.secret and (name, value) == auth.line:
                return [f"{name}: {auth.scheme}", Expansion(f"${auth.variable}")]
            auth = auth.second
        return self.pieces(f"{name}: {value}")

    @cached_property
    def _expansions(self) -> dict[str, Expansion]:
        """What a shell fills in with the secret, or with all but its last character, by the text."""
        secret, variable = self.secret, self.variable
        return {secret: Expansion(f"${variable}"), secret[:-1]: Expansion(f"${{{variable}%?}}")}

    @cached_property
    def _live(self) -> re.Pattern[str] | None:
        """The pattern of the texts that a shell can fill in; None if they are too short to be looked for."""
        live = [form for form in self._expansions if len(form) >= SHORTEST]
        return re.compile(f"({'|'.join(map(re.escape, live))})") if live else None

    def _of_second(self, text: str) -> list[str]:
        return self.second.pieces(text) if self.second else [text]
