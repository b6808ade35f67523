"""Recordings of services, read from JSON Lines, and their comparison with the answers of another one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockserver.console.input_files import DOCUMENT, content_within

SERVICES = ("gateway", "dashboard")  # the first line of a recording has the version under one of these
Step = dict[str, Any]  # one line of a recording: a request with its response, or a file, directory or wait


class RecordingError(ValueError):
    """A file is not a recording; the message names the file, the line and the fault."""


@dataclass
class Scenario:
    """A sequence of steps and the configuration of the service that they were recorded with.

    Attributes:
        name: family and title, as in "policies/life".
        about: the purpose of the scenario in one sentence.
        config: dotted keys of tyk.conf that differ from `player.BASE`; ${DIR} is the gateway's directory.
            Of a Dashboard, those of tyk_analytics.conf.
        steps: requests with their responses; files to write, remove or read; waits in
            seconds; answers of the upstream; keys and tokens to make.
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
    """The scenarios recorded on one service.

    Attributes:
        version: the version of the service, as in "5.12.0".
        secret: the secret, or the key, that stands in the recorded requests.
        service: the name of the service, one of `SERVICES`.
    """

    version: str
    secret: str
    scenarios: list[Scenario]
    service: str = "gateway"


def read_recording(path: Path, prefix: str = "") -> Recording:
    """Read a recording in JSON Lines; with a prefix, only the scenarios whose names begin with it.

    Raises:
        RecordingError: the file cannot be read, or a line does not have the form of a recording.
    """
    try:
        *lines, last = content_within(path, DOCUMENT).decode().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path}: {error}; pass a recording in JSON Lines") from error
    if last and (not lines or _is_json(last)):  # else a kill has cut it off while it was written
        lines.append(last)
    recording: Recording | None = None
    other_scenario = re.compile(f'{{"scenario": "(?!{re.escape(prefix)})')
    for number, text in enumerate(lines, 1):
        if other_scenario.match(text):
            continue
        try:
            line = json.loads(text)
            if recording is None:
                service = next(name for name in SERVICES if name in line)
                recording = Recording(_text(line[service]), _text(line["secret"]), [], service)
            elif "step" not in line:
                config = dict(line.get("config", {}))
                scenario = Scenario(_text(line["scenario"]), _text(line.get("about", "")), config)
                recording.scenarios.append(scenario)
            else:
                recording.scenarios[-1].steps.append(line)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, StopIteration) as error:
            fault = f"{type(error).__name__} {error}"
            message = f"{path} line {number}: {fault}; pass a recording in JSON Lines"
            raise RecordingError(message) from error
    if recording is not None:
        recording.scenarios = [s for s in recording.scenarios if s.name.startswith(prefix)]
    if recording is None:
        raise RecordingError(f"{path}: the file is empty; pass a recording in JSON Lines")
    return recording


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} must be a string")
    return value


def difference(recorded: Step, actual: Mapping[str, Any]) -> str:
    """The first difference of a response from a step's recorded one, in words; "" if they are alike.

    Marks of the step (`volatile`, `unordered`) name the values and orders that may differ. `actual` has
    the form of `player.as_response`, or an `error` if no answer arrived.
    """
    expected = recorded["response"]
    if "error" in expected or "error" in actual:
        same = ("error" in expected) == ("error" in actual)
        return "" if same else f"recorded {_summary(expected)}, answered {_summary(actual)}"
    if expected["status"] != actual["status"]:
        return f"status {actual['status']}, recorded {expected['status']}"
    tolerance = _tolerance(recorded)
    expected_headers = _headers(expected["headers"], tolerance)
    actual_headers = _headers(actual["headers"], tolerance)
    if expected_headers != actual_headers:
        return f"headers {actual_headers}, recorded {expected_headers}"
    expected_body, actual_body = _body(expected, tolerance), _body(actual, tolerance)
    if expected_body == actual_body:
        return ""
    excerpts = _excerpt(actual_body, expected_body), _excerpt(expected_body, actual_body)
    return f"body {excerpts[0]}, recorded {excerpts[1]}"


@dataclass(frozen=True)
class _Tolerance:
    """The parts of a response that may differ: values by JSON pointer or name, headers, and orders."""

    pointers: tuple[str, ...]
    names: frozenset[str]
    headers: frozenset[str]
    whole_body: bool
    unordered: bool

    @property
    def any(self) -> bool:
        return bool(self.pointers or self.names or self.headers or self.whole_body or self.unordered)


def _tolerance(step: Step) -> _Tolerance:
    marks: Iterable[str] = step.get("volatile", [])
    return _Tolerance(
        pointers=tuple(mark for mark in marks if mark.startswith("/")),
        names=frozenset(mark[3:] for mark in marks if mark.startswith("**/")),
        headers=frozenset(mark[7:].lower() for mark in marks if mark.startswith("header:")),
        whole_body="*" in marks,
        unordered=bool(step.get("unordered")),
    )


def _headers(headers: Iterable[Iterable[str]], tolerance: _Tolerance) -> list[tuple[str, str]]:
    framing = {"content-length", "transfer-encoding"} if tolerance.any else set()
    return sorted(
        (name, "*" if name.lower() in tolerance.headers else value)
        for name, value in headers
        if name.lower() not in framing | {"date"}
    )


def _body(response: Mapping[str, Any], tolerance: _Tolerance) -> str:
    if tolerance.whole_body:
        return "*"
    if "body" not in response:
        return f"hex:{response['body_hex']}"
    text: str = response["body"]
    if not tolerance.any:
        return text
    try:
        document = json.loads(text, parse_float=_NumberText, parse_int=_NumberText)
    except ValueError:
        return text
    document = _mask_names(document, tolerance.names)
    for pointer in tolerance.pointers:
        _mask_pointer(document, pointer)
    if tolerance.unordered:
        document = _sort_arrays(document)
    for holder, name in in_any_order(document):
        holder[name].sort(key=json.dumps)
    return json.dumps(document, ensure_ascii=False) + ("\n" if text.endswith("\n") else "")


def in_any_order(document: Any) -> list[tuple[Any, Any]]:
    """The lists of a session or an API definition that a gateway fills in the random order of a Go map.

    Each is a pair: what holds the list (the session, one of its access rights, or the requirements of a
    definition), and the member's name or the number of the item.
    """
    if not isinstance(document, dict):
        return []
    rights = document.get("access_rights")
    definitions = rights.values() if isinstance(rights, dict) else ()
    places = [(document, "tags"), *((right, name) for right in definitions for name in _UNORDERED_LISTS)]
    requirements = document.get("security_requirements")
    return [
        place for place in places if isinstance(place[0], dict) and isinstance(place[0].get(place[1]), list)
    ] + [
        (requirements, i)
        for i, names in enumerate(requirements if isinstance(requirements, list) else ())
        if isinstance(names, list)
    ]


_UNORDERED_LISTS = ("json_rpc_methods", "mcp_primitives")


class _NumberText(str):
    """The text of a JSON number, so that 1 and 1.0 differ."""

    __slots__ = ()


def _mask_names(node: Any, names: frozenset[str]) -> Any:
    if isinstance(node, dict):
        return {k: "*" if k in names else _mask_names(v, names) for k, v in node.items()}
    return [_mask_names(item, names) for item in node] if isinstance(node, list) else node


def _mask_pointer(node: Any, pointer: str) -> None:
    *path, last = pointer.strip("/").split("/")
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    if isinstance(node, dict) and last in node:
        node[last] = "*"


def _sort_arrays(node: Any) -> Any:
    """The document with its top-level array, or the arrays one level down, sorted."""
    if isinstance(node, list):
        return sorted(node, key=json.dumps)
    if isinstance(node, dict):
        return {k: sorted(v, key=json.dumps) if isinstance(v, list) else v for k, v in node.items()}
    return node


def _excerpt(text: str, other: str) -> str:
    """Up to 90 characters of a text around its first difference from another."""
    position = next((i for i, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), 0)
    start = max(0, min(position, len(text) - 1) - 30)
    return repr(text[start : start + 90])


def _summary(response: Mapping[str, Any]) -> str:
    return f"a broken connection ({response['error']})" if "error" in response else str(response["status"])
