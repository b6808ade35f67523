"""Stand-ins: texts of a recording in place of what differs from run to run, or must be hidden."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

SECRET_MEMBERS = {"access_key", "password", "hashed_key", "key_hash"}  # of users and keys


class StandIns:
    """The stand-ins of one scenario. Each has the length of its text, so that the length of an answer stays.

    `texts` has the first of them by the text that each stands for.
    """

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self._texts = dict(texts or {})
        self._count = 0

    def add(self, text: str) -> None:
        """Give a text the next number as its stand-in, unless it has one or is too short to be told apart."""
        if len(text) >= 8 and text not in self._texts:
            self._count += 1
            self._texts[text] = f"{self._count:0{len(text)}x}"

    def add_secrets(self, body: str) -> None:
        """Give the secrets in a body their stand-ins."""
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return
        for secret in _secrets(document):
            self.add(secret)

    def put(self, body: str) -> str:
        """The body with all stand-ins in their places."""
        for text in sorted(self._texts, key=len, reverse=True):
            body = body.replace(text, self._texts[text])
        return body


def _secrets(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name in SECRET_MEMBERS and isinstance(value, str):
                yield value
            else:
                yield from _secrets(value)
    elif isinstance(node, list):
        for item in node:
            yield from _secrets(item)
