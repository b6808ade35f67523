"""API definitions in the classic form: the document, and what a request is held against.

The mock reads the members that policies, keys and traffic need. All others are kept as they were
sent, so that a definition that is read, changed and written back loses nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import unquote_plus

from mockserver.contract.codecs import Codec
from mockserver.gateway.policy_merging import Document
from mockserver.golang import json_reader, json_writer
from mockserver.golang.scalars import ANY, Problems, fold

TIME_FORM = "%Y-%m-%d %H:%M"  # apidef/api_definitions.go:109 @v5.12.0


def _with_others(known: Any, sent: Any) -> Any:
    """What is known, and beside it what was sent and is not."""
    if not isinstance(known, dict) or not isinstance(sent, dict):
        return known
    names = {fold(name): name for name in known}
    result = dict(known)
    for name, value in sent.items():
        if fold(name) not in names:
            result[name] = value
        elif names[fold(name)] == name:
            result[name] = _with_others(known[name], value)
    return result


@dataclass(frozen=True)
class Api:
    """One definition: the members that the mock knows, and the whole document.

    Attributes:
        fields: the decoded members, zero ones included.
        document: what is written and answered.
    """

    fields: Document
    document: Document

    @classmethod
    def decode(cls, codec: Codec, body: bytes, *, whole: bool = False) -> Api:
        """Decode a definition; with `whole` only white space may follow its JSON value.

        Raises:
            Malformed: the body is not JSON, a member has a wrong type, or more follows.
        """
        fields = codec.decode(body, whole=whole)
        node, _ = json_reader.read(body)
        return cls(fields, _with_others(codec.type.output(fields), ANY.decode(node, None, Problems())))

    @property
    def id(self) -> str:
        """The API's id; "" where the definition names none."""
        return str(self.fields["api_id"])

    @property
    def org_id(self) -> str:
        """The organisation it belongs to."""
        return str(self.fields["org_id"])

    @property
    def listen_path(self) -> str:
        """The path that its requests begin with."""
        return str(self.fields["proxy"]["listen_path"])

    def with_listen_path(self, path: str) -> Api:
        """The same with another listen path."""
        proxies = [{**each["proxy"], "listen_path": path} for each in (self.fields, self.document)]
        return Api({**self.fields, "proxy": proxies[0]}, {**self.document, "proxy": proxies[1]})

    def with_id(self, api_id: str) -> Api:
        """The same with another id."""
        return Api({**self.fields, "api_id": api_id}, {**self.document, "api_id": api_id})

    @cached_property
    def prefixes(self) -> tuple[re.Pattern[str], ...]:
        """What the paths of its requests begin with: its id, or the listen path."""
        return tuple(_pattern(path) for path in (f"/{self.id}/", self.listen_path))

    def stripped(self, path: str) -> str:
        """A path without the listen path (internal/httputil/mux.go:82 @v5.12.0)."""
        rest = path.removeprefix(self.listen_path)
        if rest == path and "{" in self.listen_path:
            rest = _pattern(self.listen_path).sub("", path, count=1)
        return rest if rest.startswith("/") else "/" + rest

    def path_after_prefix(self, path: str) -> str:
        """What stands behind the prefix that a request's path begins with."""
        end = next((match.end() for prefix in self.prefixes if (match := prefix.match(path))), 0)
        return "/" + path[end:].lstrip("/")

    def text(self) -> str:
        """The definition as an answer holds it."""
        return json_writer.write(self.document)

    def file_text(self) -> str:
        """The definition as it stands on disk."""
        return json_writer.write(self.document, indent="  ")


def _pattern(template: str) -> re.Pattern[str]:
    """The expression that gorilla/mux makes of a path prefix with {name} or {name:expression} in it.

    Raises:
        re.error: an expression in it is none.
    """
    parts = re.split(r"(\{[^{}]*\})", template)
    made = [_variable(part) if part.startswith("{") else re.escape(part) for part in parts]
    return re.compile("".join(made))


def _variable(part: str) -> str:
    _, mark, expression = part[1:-1].partition(":")
    return f"(?:{expression})" if mark else "[^/]+"


def expiry(text: str) -> tuple[float | None, bool]:
    """When a definition's date is, in seconds since the epoch, and whether it cannot be read.

    None is never (apidef/api_definitions.go:1361 @v5.12.0).
    """
    if text in ("", "-1"):
        return None, False
    try:
        return datetime.strptime(text, TIME_FORM).replace(tzinfo=UTC).timestamp(), False
    except ValueError:
        return None, True


def is_path_component(name: str) -> bool:
    """Whether an id may be a file's name (internal/sanitize/path.go:34 @v5.12.0)."""
    for _ in range(3):
        if re.search("%(?![0-9A-Fa-f]{2})", name):
            break
        name = unquote_plus(name)
    return name not in ("", ".", "..") and not re.search(r"[/\\]", name)
