"""Recordings of gateways: read from JSON Lines, and compared with what another one answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Step = dict[str, Any]


class RecordingError(ValueError):
    """A file that is no recording; the message names the file, the line and what is wrong."""


@dataclass
class Scenario:
    """Steps in their order, and the configuration they were recorded under.

    Attributes:
        config: dotted keys of tyk.conf that differ from the base; ${DIR} is the gateway's folder.
        steps: requests with their responses, files written or removed or read, and waits.
    """

    name: str
    about: str
    config: dict[str, Any]
    steps: list[Step] = field(default_factory=list)

    @property
    def family(self) -> str:
        """The part of the name before the slash."""
        return self.name.partition("/")[0]


@dataclass
class Recording:
    """One gateway's scenarios."""

    gateway: str
    secret: str
    scenarios: list[Scenario]


def read_recording(path: Path, prefix: str = "") -> Recording:
    """Read a file of the form that `tyk-contract parity` takes; of it the scenarios whose names begin so.

    Raises:
        RecordingError: it cannot be read, or a line is none of a recording.
    """
    try:
        lines = path.read_text("utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path}: {error}; give a recording in JSON Lines") from error
    recording: Recording | None = None
    others = re.compile(f'{{"scenario": "(?!{re.escape(prefix)})')
    for number, text in enumerate(lines, 1):
        if others.match(text):
            continue
        try:
            line = json.loads(text)
            if recording is None:
                recording = Recording(_text(line["gateway"]), _text(line["secret"]), [])
            elif "step" not in line:
                config = dict(line.get("config", {}))
                scenario = Scenario(_text(line["scenario"]), _text(line.get("about", "")), config)
                recording.scenarios.append(scenario)
            else:
                recording.scenarios[-1].steps.append(line)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            what = f"{type(error).__name__} {error}"
            raise RecordingError(f"{path} line {number}: {what}; this is no recording") from error
    if recording is not None:
        recording.scenarios = [each for each in recording.scenarios if each.name.startswith(prefix)]
    if recording is None:
        raise RecordingError(f"{path}: the file is empty; give a recording in JSON Lines")
    return recording


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def difference(recorded: Step, answered: Mapping[str, Any]) -> str:
    """What differs between two responses of one step, in words; "" where nothing does."""
    expected, actual = recorded["response"], answered
    if "error" in expected or "error" in actual:
        same = ("error" in expected) == ("error" in actual)
        return "" if same else f"recorded {_brief(expected)}, answered {_brief(actual)}"
    if expected["status"] != actual["status"]:
        return f"status {actual['status']}, recorded {expected['status']}"
    loose = _loose(recorded)
    headers, others = _headers(expected["headers"], loose), _headers(actual["headers"], loose)
    if headers != others:
        return f"headers {others}, recorded {headers}"
    body, other = _body(expected, loose), _body(actual, loose)
    return "" if body == other else f"body {_around(other, body)}, recorded {_around(body, other)}"


@dataclass(frozen=True)
class _Loose:
    """What may differ in a step: values by pointer or by name, headers, and orders."""

    pointers: tuple[str, ...]
    names: frozenset[str]
    headers: frozenset[str]
    whole_body: bool
    unordered: bool

    @property
    def any(self) -> bool:
        return bool(self.pointers or self.names or self.headers or self.whole_body or self.unordered)


def _loose(step: Step) -> _Loose:
    marks: Iterable[str] = step.get("volatile", [])
    return _Loose(
        pointers=tuple(m for m in marks if m.startswith("/")),
        names=frozenset(m[3:] for m in marks if m.startswith("**/")),
        headers=frozenset(m[7:].lower() for m in marks if m.startswith("header:")),
        whole_body="*" in marks,
        unordered=bool(step.get("unordered")),
    )


def _headers(headers: Iterable[Iterable[str]], loose: _Loose) -> list[tuple[str, str]]:
    framing = {"content-length", "transfer-encoding"} if loose.any else set()
    return sorted(
        (name, "*" if name.lower() in loose.headers else value)
        for name, value in headers
        if name.lower() not in framing | {"date"}
    )


def _body(response: Mapping[str, Any], loose: _Loose) -> str:
    if loose.whole_body:
        return "*"
    if "body" not in response:
        return f"hex:{response['body_hex']}"
    text: str = response["body"]
    if not loose.any:
        return text
    try:
        document = json.loads(text, parse_float=_Text, parse_int=_Text)
    except ValueError:
        return text
    document = _blanked(document, loose.names)
    for pointer in loose.pointers:
        _blank(document, pointer)
    if loose.unordered:
        document = _bags(document)
    for holder, name in in_any_order(document):
        holder[name].sort(key=json.dumps)
    return json.dumps(document, ensure_ascii=False) + ("\n" if text.endswith("\n") else "")


def in_any_order(session: Any) -> list[tuple[dict[str, Any], str]]:
    """The lists of a session whose order is that of a Go map, each as what holds it and its name there."""
    if not isinstance(session, dict):
        return []
    rights = session.get("access_rights")
    of_rights = rights.values() if isinstance(rights, dict) else ()
    places = [(session, "tags"), *((right, name) for right in of_rights for name in _OF_MAPS)]
    return [
        place for place in places if isinstance(place[0], dict) and isinstance(place[0].get(place[1]), list)
    ]


_OF_MAPS = ("json_rpc_methods", "mcp_primitives")


class _Text(str):
    """A number as its text, so that 1 and 1.0 differ."""

    __slots__ = ()


def _blanked(node: Any, names: frozenset[str]) -> Any:
    if isinstance(node, dict):
        return {k: "*" if k in names else _blanked(v, names) for k, v in node.items()}
    return [_blanked(item, names) for item in node] if isinstance(node, list) else node


def _blank(node: Any, pointer: str) -> None:
    *path, last = pointer.strip("/").split("/")
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    if isinstance(node, dict) and last in node:
        node[last] = "*"


def _bags(node: Any) -> Any:
    """Arrays at the top, or one level down, without their order."""
    if isinstance(node, list):
        return sorted(node, key=json.dumps)
    if isinstance(node, dict):
        return {k: sorted(v, key=json.dumps) if isinstance(v, list) else v for k, v in node.items()}
    return node


def _around(text: str, other: str) -> str:
    """A piece of a text about where it begins to differ from another."""
    same = next((i for i, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), 0)
    start = max(0, min(same, len(text) - 1) - 30)
    return repr(text[start : start + 90])


def _brief(response: Mapping[str, Any]) -> str:
    return f"a broken connection ({response['error']})" if "error" in response else str(response["status"])
