"""The credential of a service, and texts without it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from contract_tests.engine.shell import Expansion
from mockserver.http.redaction import SHORTEST, hidden


@dataclass(frozen=True)
class Auth:
    """The credential of a service: a header, the secret in it, and the variable that a user keeps it in.

    `scheme` stands before the secret: "Bearer ", or nothing.
    """

    header: str
    secret: str = field(repr=False)
    variable: str = "TYK_GW_SECRET"
    scheme: str = ""

    @property
    def line(self) -> tuple[str, str]:
        """The header with its value, the scheme and the secret."""
        return self.header, f"{self.scheme}{self.secret}"

    def masked(self, text: str) -> str:
        """A text without the secret, and without the wrong secrets that tests derive from it."""
        return "".join(self.pieces(text))

    def pieces(self, text: str) -> list[str]:
        """A masked text in pieces; those that a shell can fill in with the secret again are expansions.

        These are the secret and the secret without its last character, as they are. In other forms, such as
        encoded ones, a secret is replaced by words.
        """
        secret, variable = self.secret, self.variable
        expansions = {secret: Expansion(f"${variable}"), secret[:-1]: Expansion(f"${{{variable}%?}}")}
        live = [form for form in expansions if len(form) >= SHORTEST]
        if not live:
            return [text]
        parts = re.split(f"({'|'.join(map(re.escape, live))})", text)
        return [
            expansions[part] if place % 2 else hidden(part, secret, f"{variable} in another form")
            for place, part in enumerate(parts)
            if part
        ]

    def pieces_of_header(self, name: str, value: str) -> list[str]:
        """A header line in pieces as above; the secret in its own header is one, however short it is."""
        if not value.strip():
            return self.pieces(f"{name};")  # curl's notation for an empty value
        if self.secret and (name, value) == self.line:
            return [f"{name}: {self.scheme}", Expansion(f"${self.variable}")]
        return self.pieces(f"{name}: {value}")
