"""Masks: stand-ins for the credentials in one exchange of live traffic, before it is written to a recording.

A credential is known by the header it stands in, its place in a path, or the name of its member; all values
below that member belong to it. The stand-in of a key is made of it with a salt that is forgotten: it is the
same in all exchanges of a recording, has the same length, and tells nothing of the key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from mockserver.golang import json_places, json_reader
from mockserver.golang.json_places import Place
from mockserver.golang.json_reader import JSONSyntaxError, Number, Object
from mockserver.golang.urls import escaped, unescaped
from mockserver.http.redaction import SHORTEST, all_hidden, in_settings

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
    r"|hashed_key|key_hash(?:es)?|hmac_string|oauth_keys|authorization|cookie)"
)
_SECRET_MEMBER = re.compile(_SECRET, re.IGNORECASE)
_IN_TEXT = re.compile(
    rf"""((?<![\w-]){_SECRET}["']?\s*[:=]\s*)(?:(["'])((?:[^"'\\]|\\.|(?!\2)["'])++)|([^\s"'&,}}]+))""",
    re.IGNORECASE | re.DOTALL,
)
_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)(?:[^\"-]|-(?!----END))++")
_USER_IN_URL = re.compile(r"""(?<=://)[^/?@\s"'\\]++(?=@)""")
# members with the key of JWTs, or its address: True if the name means so in settings alone
_SOURCES = {"jwt_source": False, "source": True}
_ADDRESSES = ("http://", "https://")
_IN_QUERY = re.compile(rf"key|{_SECRET}", re.IGNORECASE)  # the name of a parameter
_USER = re.compile(r"(?<=://)[^/?@]*@")  # of a target in absolute form


class Named(Enum):
    """What the name of a member, or of one around it, says of a value."""

    OTHER = "it is no credential"
    KEY = "it is a key, or a list of keys"
    SECRET = "it and all that is in it are secret"


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
        path = _IN_PATH.sub(lambda match: match[1] + self._stand_in(unescaped(match[2])), path)
        return path + mark + "&".join(map(self._parameter, query.split("&")))

    def header(self, name: str, value: str) -> str:
        """The value of a header of the answer."""
        return self.elsewhere(self._stand_in(value) if _SECRET_MEMBER.fullmatch(name) else value)

    def body(self, text: str) -> str:
        """A body, without credentials at their places: values with a name in JSON, or what looks alike.

        Private keys, and users in URLs, are credentials at any place.
        """
        text = _PRIVATE_KEY.sub(r"\1***", self._named_values(text))
        return _USER_IN_URL.sub(lambda match: self._stand_in(match[0]), text)

    def _named_values(self, text: str) -> str:
        """A body without the values that have the name of a credential."""
        try:
            node, _ = json_reader.read(text.encode("utf-8", "surrogateescape"))
            place = json_places.places(text)
        except (JSONSyntaxError, ValueError):
            return _IN_TEXT.sub(self._in_text, text)
        parts, end = [], 0
        for spot, value in sorted(self._spots(node, place), key=lambda item: item[0].start):
            parts += [text[end : spot.start], self._value(value, spot.end - spot.start)]
            end = spot.end
        return "".join([*parts, text[end:]])

    def _in_text(self, match: re.Match[str]) -> str:
        quote = match[2] or ""
        return match[1] + quote + self._stand_in(match[3] or match[4])

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

    def _spots(self, node: Any, place: Place) -> Iterator[tuple[Place, str | bool]]:
        """The places of values that are credentials; the stack is explicit, for a document may be deep."""
        todo = [(node, place, Named.OTHER, False)]
        while todo:
            node, place, named, is_setting = todo.pop()
            if isinstance(node, Object):
                around = named if named is Named.SECRET else Named.OTHER
                for (name, item), child in zip(node, place.children, strict=True):
                    own = self._named(name, item, is_setting=is_setting)
                    of_item = own if around is Named.OTHER else around
                    todo.append((item, child, of_item, in_settings(name, is_around=is_setting)))
            elif isinstance(node, list):
                children = zip(node, place.children, strict=True)
                todo += [(item, child, named, is_setting) for item, child in children]
            elif named is not Named.OTHER and node not in (None, ""):
                yield place, node

    def _named(self, name: str, value: Any, *, is_setting: bool) -> Named:
        if _SECRET_MEMBER.fullmatch(name):
            return Named.OTHER if is_setting and isinstance(value, (Object, bool)) else Named.SECRET
        if (needs_settings := _SOURCES.get(name.lower())) is not None and isinstance(value, str):
            is_key = not value.startswith(_ADDRESSES) and (is_setting or not needs_settings)
            return Named.SECRET if is_key else Named.OTHER
        is_sentence = isinstance(value, str) and " " in value
        is_key = self._is_about_keys and name.lower() in _OF_KEYS and not is_sentence
        return Named.KEY if is_key and not isinstance(value, bool) else Named.OTHER

    def _value(self, value: str | bool, length: int) -> str:
        """The text of a JSON value of the same type and length; that of a boolean is false."""
        if isinstance(value, bool):
            return "false"
        if not isinstance(value, Number):
            return f'"{self._stand_in(value, length - 2)}"'
        digits = str(int(self._digits(value), 16)) * (length // 64 + 1)
        stand_in = digits[:length] if length == 1 else f"1{digits[: length - 1]}"  # fits where the value did
        self._stand_ins.setdefault(str(value), stand_in)
        return stand_in

    def _stand_in(self, value: str, length: int | None = None) -> str:
        digits = self._digits(value)
        length = len(value) if length is None else length
        stand_in = (digits * (length // len(digits) + 1))[:length]
        return self._stand_ins.setdefault(value, stand_in)

    def _digits(self, value: str) -> str:
        return hmac.new(self._salt, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
