"""The secret members of policies, APIs, sessions and OAuth clients, as a table, and how they are masked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

from mockserver.http.redaction import SHORTEST, hidden, in_settings

REPLACED = "replaced-by-tyk-contract-export"


def _always(_: str, text: str) -> str:
    return REPLACED if text else text


def _unless_url(_: str, text: str) -> str:
    """A key of signatures is a secret; the address of a key set is none."""
    return text if not text or re.match("https?://", text) else REPLACED


def _of_header(name: str, text: str) -> str:
    return text if not text or name.lower() in HARMLESS_HEADERS else REPLACED


def _by_name(name: str, text: str) -> str:
    return REPLACED if text and _SECRET_NAME.search(_folded(name)) else text


HARMLESS_HEADERS = frozenset({
    "accept", "accept-encoding", "accept-language", "cache-control", "content-type", "host", "user-agent",
    "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
})  # fmt: skip
_SECRET_NAME = re.compile("secret|passw|passphrase|token|apikey|authorization|credential|privatekey")


@dataclass(frozen=True)
class SecretMember:
    """A row of the table.

    Attributes:
        path: the last names of the path, joined by dots; * is any name, and ** any names. Case, - and _ do
            not matter. What is in the member is masked like its text.
        masked: the text in place of a member's text, from the name of the member and its text.
        about: what it is.
    """

    path: str
    masked: Callable[[str, str], str]
    about: str


SECRET_MEMBERS = (
    SecretMember("secret", _always, "secrets of OAuth clients, HMAC, JWT and signatures"),
    SecretMember("client_secret", _always, "secrets at an identity provider or upstream"),
    SecretMember("shared_secret", _always, "the secret of notifications"),
    SecretMember("password", _always, "passwords of basic authentication, at the gateway and upstream"),
    SecretMember("passphrase", _always, "passphrases of keys"),
    SecretMember("private_key", _always, "private keys"),
    SecretMember("hmac_string", _always, "the HMAC secret of a session"),
    SecretMember("api_key", _always, "keys of upstreams"),
    SecretMember("access_token", _always, "access tokens"),
    SecretMember("refresh_token", _always, "refresh tokens"),
    SecretMember("node_secret", _always, "secrets of a deployment"),
    SecretMember("admin_secret", _always, "secrets of a deployment"),
    SecretMember("oauth_keys.*", _always, "tokens of a session"),
    SecretMember("jwt_source", _unless_url, "the key that signs JWTs"),
    SecretMember("jwt.source", _unless_url, "the key that signs JWTs"),
    SecretMember("global_headers.*", _of_header, "headers for the upstream"),
    SecretMember("global_response_headers.*", _of_header, "headers of answers"),
    SecretMember("add_headers.*", _of_header, "headers for the upstream"),
    SecretMember("headers.*", _of_header, "headers of uptime tests and data sources"),
    SecretMember("header_map.*", _of_header, "headers of webhooks"),
    SecretMember("auth_headers.*", _of_header, "headers for a GraphQL upstream"),
    SecretMember("request_headers.*", _of_header, "headers for a GraphQL upstream"),
    SecretMember("meta_data.**", _by_name, "metadata with the name of a secret"),
    SecretMember("config_data.**", _by_name, "data of middleware with the name of a secret"),
)
_IN_TEXTS = (  # secrets within any text
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*", re.DOTALL), REPLACED),
    (re.compile(r"(?<=://)[^/@\s]+(?=@)"), REPLACED),
    (re.compile(r"(?i)(?<=[?&])((?:api[_-]?key|key|[a-z_-]*token|[a-z_-]*secret|password)=)[^&#\s]+"),
     rf"\g<1>{REPLACED}"),
)  # fmt: skip


Rows = tuple[tuple[SecretMember, str], ...]  # each with the name of the member that it is for


class Masking:
    """The masking of documents, which notes what it has replaced.

    Args:
        known: secrets that may be in no text at all, such as that of the gateway; short ones would be found
            in many texts by chance, and are passed over.

    Attributes:
        replaced: the paths of replaced members, as in "apis/orders: jwt_source".
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = tuple(secret for secret in known if len(secret) >= SHORTEST)
        self._has_known = False  # in the document that is masked
        self.replaced: list[str] = []

    def has_known(self, text: str) -> bool:
        """True if a known secret is in a text, in whatever form."""
        return any(hidden(text, secret) != text for secret in self._known)

    def masked(self, place: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of a document without secrets; it is nested less deeply than `contents.DEEPEST`."""
        self._has_known = self.has_known(json.dumps(document))
        result: dict[str, Any] = self._value(place, document, ())
        return result

    def _value(self, place: str, value: Any, path: tuple[str, ...], around: Rows = ()) -> Any:
        """A copy of the value at a path; `around` has the rows of the members that it is in."""
        if isinstance(value, dict):
            pair, rows = _name_in_pair(value, path), (*around, *_rows_of_object(path))
            return {
                self._name(place, name, path): self._value(
                    place, item, (*path, "headers", pair) if pair and name == "value" else (*path, name), rows
                )
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self._value(place, item, path, around) for item in value]
        rows = (*around, *_rows_at(path))
        is_switch = isinstance(value, bool) and _in_settings(path)
        if value is None or is_switch or not (rows or isinstance(value, str)):
            return value
        text = self._text(str(value), rows)
        if REPLACED not in text:
            return value
        self._note(place, path)
        return text

    def _name(self, place: str, name: str, path: tuple[str, ...]) -> str:
        if not (self._has_known and self.has_known(name)):
            return name
        self._note(place, (*path, REPLACED))
        return REPLACED

    def _note(self, place: str, path: tuple[str, ...]) -> None:
        parts = [REPLACED if self._has_known and self.has_known(part) else part for part in path]
        self.replaced.append(f"{place}: {'/'.join(parts)}")

    def _text(self, text: str, rows: Rows) -> str:
        if self._has_known and self.has_known(text):
            return REPLACED
        for member, name in rows:
            text = member.masked(name, text)
        for expression, instead in _IN_TEXTS:
            text = expression.sub(instead, text)
        return text


def _name_in_pair(value: dict[str, Any], path: tuple[str, ...]) -> str:
    """The name of a header that is written as an object with its name and value; "" if it is none."""
    name = value.get("name")
    is_header = any("header" in part.lower() for part in path)
    return name if is_header and isinstance(name, str) and isinstance(value.get("value"), str) else ""


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


_PATTERNS = [(tuple(map(_folded, member.path.split("."))), member) for member in SECRET_MEMBERS]


@lru_cache(maxsize=1 << 14)  # documents of one kind share their paths
def _rows_at(path: tuple[str, ...]) -> Rows:
    """The rows of the table that hold for a path."""
    folded = tuple(map(_folded, path))
    return tuple((member, path[-1]) for pattern, member in _PATTERNS if _fits(pattern, folded))


def _rows_of_object(path: tuple[str, ...]) -> Rows:
    """The rows that hold for what is in an object at a path; none if its name is one of settings there."""
    return () if not path or _in_settings(path[:-1]) else _rows_at(path)


def _in_settings(path: tuple[str, ...]) -> bool:
    return reduce(lambda is_around, name: in_settings(name, is_around=is_around), path, False)


def _fits(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """True if the names at the end of a path are those of a pattern."""
    if pattern[-1] == "**":
        return pattern[0] in path[:-1]
    end = path[-len(pattern) :]
    return len(end) == len(pattern) and all(
        want in ("*", name) for want, name in zip(pattern, end, strict=True)
    )
