"""Masks: stand-ins for the credentials in one exchange of live traffic, before it is written to a recording.

A credential is known by the header it stands in, its place in a path, or the name of its member. The stand-in
of a key is made of it with a salt that is forgotten: it is the same in all exchanges of a recording, has the
same length, and tells nothing of the key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import Any

from mockserver.golang import json_places, json_reader
from mockserver.golang.json_places import Place
from mockserver.golang.json_reader import JSONSyntaxError, Object
from mockserver.golang.urls import escaped, unescaped
from mockserver.http.redaction import SHORTEST, all_hidden

MOST_SOUGHT = 100  # keys of an exchange that are looked for in other places than that of their own
_IN_PATH = re.compile(
    r"((?:(?<!/org)/keys/(?:policy/)?|/oauth/refresh/))(?!(?:create|preview|policy)(?:[/?]|$))([^/?]+)"
)
ABOUT_KEYS = re.compile(r"(?<!/org)/(?:keys|oauth|users|tokens)\b")
_OF_KEYS = {
    "key",
    "key_id",
    "keys",
    "code",
    "tokens",
    "message",
}  # members of answers about keys, in lower case
_SECRET = (
    r"(?:[\w-]*(?:password|secret|passphrase|private[_-]?key|access[_-]?key|api[_-]?key|token)"
    r"|hashed_key|key_hash(?:es)?|hmac_string|authorization|cookie)"
)
_SECRET_MEMBER = re.compile(_SECRET, re.IGNORECASE)
_IN_TEXT = re.compile(rf"""((?<![\w-]){_SECRET}["']?\s*[:=]\s*["']?)([^\s"'&,}}]+)""", re.IGNORECASE)
_IN_QUERY = re.compile(rf"key|{_SECRET}", re.IGNORECASE)  # the name of a parameter
_USER = re.compile(r"(?<=://)[^/?@]*@")  # of a target in absolute form


class Mask:
    """The mask of one exchange.

    Args:
        salt: of the recording.
        secrets: credentials that are "***" in whatever form they stand somewhere.
        path: the path of the request, which says whether it is about keys.
    """

    def __init__(self, salt: bytes, secrets: tuple[str, ...], path: str) -> None:
        self._salt = salt
        self._secrets = secrets
        self._is_about_keys = bool(ABOUT_KEYS.search(path))
        self._stand_ins: dict[str, str] = {}

    def target(self, target: str) -> str:
        """The target of the request, without keys at their places."""
        path, mark, query = _USER.sub("", target).partition("?")
        if not _IN_PATH.search(path) and _IN_PATH.search(plain := unescaped(path)):
            path = escaped(plain)
        path = _IN_PATH.sub(lambda match: match[1] + self._stand_in(match[2]), path)
        return path + mark + "&".join(map(self._parameter, query.split("&")))

    def header(self, name: str, value: str) -> str:
        """The value of a header of the answer."""
        return self.elsewhere(self._stand_in(value) if _SECRET_MEMBER.fullmatch(name) else value)

    def body(self, text: str) -> str:
        """A body, without credentials at their places: strings with a name in JSON, or what looks alike."""
        try:
            node, _ = json_reader.read(text.encode("utf-8", "surrogateescape"))
            place = json_places.places(text)
        except (JSONSyntaxError, ValueError):
            return _IN_TEXT.sub(lambda match: match[1] + self._stand_in(match[2]), text)
        parts, end = [], 0
        for spot, value in sorted(self._spots(node, place), key=lambda item: item[0].start):
            parts += [text[end : spot.start + 1], self._stand_in(value, spot.end - spot.start - 2)]
            end = spot.end - 1
        return "".join([*parts, text[end:]])

    def elsewhere(self, text: str) -> str:
        """A text without the secrets in any form, and without keys that stood at a place of a key."""
        text = all_hidden(text, self._secrets)
        sought = [value for value in self._stand_ins if len(value) >= SHORTEST][:MOST_SOUGHT]
        for value in sorted(sought, key=len, reverse=True):
            text = text.replace(value, self._stand_ins[value])
        return text

    def _parameter(self, text: str) -> str:
        """A parameter of the query, which may have its name escaped."""
        name, equals, value = text.partition("=")
        return name + equals + (self._stand_in(value) if _IN_QUERY.fullmatch(unescaped(name)) else value)

    def _spots(self, node: Any, place: Place) -> Iterator[tuple[Place, str]]:
        """The places of strings that are credentials; the stack is explicit, for a document may be deep."""
        todo = [(node, place, False)]
        while todo:
            node, place, is_secret = todo.pop()
            if isinstance(node, Object):
                children = zip(node, place.children, strict=True)
                todo += [(item, child, self._is_secret(name, item)) for (name, item), child in children]
            elif isinstance(node, list):
                todo += [(item, child, is_secret) for item, child in zip(node, place.children, strict=True)]
            elif is_secret and isinstance(node, str) and node:
                yield place, node

    def _is_secret(self, name: str, value: Any) -> bool:
        if _SECRET_MEMBER.fullmatch(name):
            return True
        is_sentence = isinstance(value, str) and " " in value
        return self._is_about_keys and name.lower() in _OF_KEYS and not is_sentence

    def _stand_in(self, value: str, length: int | None = None) -> str:
        digits = hmac.new(self._salt, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        length = len(value) if length is None else length
        stand_in = (digits * (length // len(digits) + 1))[:length]
        return self._stand_ins.setdefault(value, stand_in)
