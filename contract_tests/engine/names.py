"""Names: how the suite names things, and how it tells from a name which run the thing is of.

A name is read as every server between the suite and the thing may read it: with its escapes decoded any
number of times, with backslashes as slashes, without path parameters, and with its dot segments resolved.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import posixpath
import re
import secrets
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

PREFIX = "tyk-contract-"
OBJECT_ID_PREFIX = "7c0a57ac"  # of database ids, which cannot hold the textual prefix
MAX_DECODINGS = 8  # of one text; no server decodes as often, and a hostile name may hold thousands

_RUN = re.compile(f"{PREFIX}[0-9a-f]{{8}}-")
_OBJECT_ID = re.compile(f"{OBJECT_ID_PREFIX}([0-9a-f]{{8}})([0-9a-f]{{4}})([0-9a-f]{{4}})")
_JSON_IN_BASE64 = re.compile(r"ey[0-9A-Za-z+/]+={0,2}")
_PLAIN = re.compile(r"[0-9A-Za-z._~+/=-]+")  # without what a target, a form or a header could be split at
_PARAMETERS = re.compile(r";[^/]*")


class Undecodable(ValueError):
    """A text that is encoded more often than any server decodes it."""


class Names:
    """The names of one run.

    Attributes:
        run: the prefix of every name of the run, and the name of its organisation.
    """

    def __init__(self) -> None:
        self._token = secrets.token_hex(4)
        self.run = f"{PREFIX}{self._token}-"
        self._numbers = itertools.count(1)
        self._object_numbers = itertools.count(1)

    def new_id(self, suffix: str = "", least: int = 0) -> str:
        """A new id of this run, which has at least so many characters behind the run's prefix."""
        if suffix[:1].isdigit():  # or 4 and 7 would be 47
            suffix = f"_{suffix}"
        number = str(next(self._numbers)).zfill(least - len(suffix))
        return f"{self.run}{number}{suffix}"

    def new_object_id(self) -> str:
        """A new database id of this run: 24 lower-case hex digits, of which the last four are a checksum."""
        number = f"{next(self._object_numbers):04x}"
        return f"{OBJECT_ID_PREFIX}{self._token}{number}{_checksum(self._token, number)}"

    def owns(self, name: str) -> bool:
        """True if a name is of this run."""
        return run_of(name) == self.run

    def owns_chosen(self, name: str) -> bool:
        """True if a name that the service chose is of this run, and can stand in a request as it is."""
        return is_plain(name) and self.owns(name)


def is_plain(name: str) -> bool:
    """True if a name can stand in a target, a form and a header as it is, and nothing can be split at it."""
    return _PLAIN.fullmatch(name) is not None


def is_shown(document: object, thing_id: str, name: str) -> bool:
    """True if a service, asked for an id, answered with a thing that has this id and this name."""
    texts = document.values() if isinstance(document, dict) else ()
    return is_plain(thing_id) and {thing_id, name} <= {text for text in texts if isinstance(text, str)}


@lru_cache(1024)
def run_of(name: str) -> str:
    """The prefix of the run that a name is of; "" for a name of anybody else.

    A name is of a run if it begins with the run's prefix, or is a database id that the run made, or is JSON
    in base64, as gateways name keys, and its `org` is of the run, or its `id` without an `org`. However a
    server may read the name, it must be of that run: `run/../x` is of none.
    """
    if match := _OBJECT_ID.fullmatch(name.lower()):
        token, number, checksum = match.groups()
        return f"{PREFIX}{token}-" if checksum == _checksum(token, number) else ""
    try:
        runs = {_run_at_start(reading) for reading in readings(_name_within(name) or name)}
    except Undecodable:
        return ""
    return runs.pop() if len(runs) == 1 else ""


@lru_cache(1024)  # a path is read when it is written to, noted and removed
def readings(text: str) -> frozenset[str]:
    """The forms in which servers may read a name or a path: raw, decoded, and cleaned; "/" at no start.

    Raises:
        Undecodable: the text is encoded too often.
    """
    return frozenset(form.lstrip("/") for decoded in _decodings(text) for form in _forms(decoded))


def _decodings(text: str) -> Iterator[str]:
    for _ in range(MAX_DECODINGS):
        yield text
        decoded = unquote(text, "latin-1")
        if decoded == text:
            return
        text = decoded
    raise Undecodable(f"a text is percent-encoded {MAX_DECODINGS} times or more")


def _forms(text: str) -> Iterator[str]:
    """A text, and the paths that servers make of it."""
    yield text
    segments = (segment.strip("\0\t\n\r ") for segment in text.replace("\\", "/").split("/"))
    path = "/" + "/".join(segments)
    for form in {path, _PARAMETERS.sub("", path)}:
        yield posixpath.normpath(form)


def _run_at_start(text: str) -> str:
    match = _RUN.match(text)
    return match[0] if match else ""


def _name_within(name: str) -> str:
    """The organisation, else the id, in a name that is JSON in base64; "" in any other name."""
    if not _JSON_IN_BASE64.fullmatch(name):
        return ""
    try:
        members = json.loads(base64.b64decode(name, validate=True), object_pairs_hook=list)
        texts = {member.lower(): text for member, text in members}
    except (ValueError, TypeError, AttributeError, RecursionError):  # no JSON, or no object
        return ""
    within = texts.get("org") or texts.get("id")
    has_one_meaning = len(texts) == len(members)  # no member twice, of which servers take the first or last
    return within if isinstance(within, str) and has_one_meaning else ""


def _checksum(token: str, number: str) -> str:
    return hashlib.sha256(f"{token}{number}".encode()).hexdigest()[:4]
