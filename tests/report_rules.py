"""What reports must be like: JSON by its schema, JUnit by what its readers have in common.

The rules of windyroad/JUnit-Schema are data: for each element its children and its attributes. What they admit,
Jenkins's junit-10.xsd (jenkinsci/xunit-plugin) admits too, but for times, whose form is the narrower one of both.
GitLab takes one of several cases with the same name and class; Azure and Jenkins show the counts that a suite tells.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import jsonschema_rs

from mockserver.contract.spec_files import spec_path

TEXT, NAME, INT = r"(?s:.*)", r"(?s:.*\S.*)", r"[+-]?\d+"
DECIMAL = r"\d+\.\d{3}"
TIME = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}"


class Rule(NamedTuple):
    """What an element may have.

    Attributes:
        children: the pattern of the tags of its children, each with a space behind it.
        required, optional: the patterns of its attributes.
    """

    children: str
    required: Mapping[str, str]
    optional: Mapping[str, str] = {}


_REASON = Rule("", {"type": TEXT}, {"message": TEXT})
RULES = {
    "testsuites": Rule("(testsuite )*", {}),
    "testsuite": Rule(
        "properties (testcase )*system-out system-err ",
        {
            "package": TEXT, "id": INT, "name": NAME, "timestamp": TIME, "hostname": NAME,
            "tests": INT, "failures": INT, "errors": INT, "time": DECIMAL,
        },
        {"skipped": INT},
    ),
    "properties": Rule("(property )*", {}),
    "property": Rule("", {"name": NAME, "value": TEXT}),
    "testcase": Rule("((skipped|error|failure) )?", {"name": TEXT, "classname": TEXT, "time": DECIMAL}),
    "skipped": Rule(".*", {}, {"message": TEXT}),  # the schema has no type for it
    "error": _REASON,
    "failure": _REASON,
    "system-out": Rule("", {}),
    "system-err": Rule("", {}),
}  # fmt: skip


@cache
def schema() -> dict[str, Any]:
    """The schema of the JSON report."""
    document: dict[str, Any] = json.loads(spec_path("report.schema.json").read_text("utf-8"))
    return document


def _closed(value: Any) -> Any:
    """A schema that admits no members but those that it names."""
    if isinstance(value, list):
        return [_closed(item) for item in value]
    if not isinstance(value, dict):
        return value
    closed = {name: _closed(member) for name, member in value.items()}
    return {**closed, "additionalProperties": False} if value.get("type") == "object" else closed


def check(folder: Path) -> None:
    """Check r.json and r.xml of a folder."""
    validator = jsonschema_rs.Draft202012Validator(_closed(schema()), validate_formats=True)
    errors = validator.iter_errors(json.loads((folder / "r.json").read_text("utf-8")))
    assert [error.message for error in errors] == []
    root = ElementTree.parse(folder / "r.xml").getroot()
    assert [*faults(root), *miscounts(root)] == []


def miscounts(root: ElementTree.Element) -> Iterator[str]:
    """Cases that a reader takes for one, and counts of suites that are not those of their cases."""
    cases = Counter((case.get("classname"), case.get("name")) for case in root.iter("testcase"))
    yield from (f"{case} is there {number} times" for case, number in cases.items() if number > 1)
    for suite in root.iter("testsuite"):
        for name, tag in (
            ("tests", ""),
            ("failures", "/failure"),
            ("errors", "/error"),
            ("skipped", "/skipped"),
        ):
            number = len(suite.findall(f"testcase{tag}"))
            if suite.get(name) != str(number):
                yield f"{suite.get('name')} tells {suite.get(name)} {name}, and has {number}"


def faults(element: ElementTree.Element) -> Iterator[str]:
    """What of an element and those within it the rules forbid."""
    if element.tag not in RULES:
        yield f"<{element.tag}> is unknown"
        return
    rule = RULES[element.tag]
    tags = "".join(f"{child.tag} " for child in element)
    if not re.fullmatch(rule.children, tags):
        yield f"<{element.tag}> has {tags}"
    known = {**rule.required, **rule.optional}
    for name in rule.required.keys() - element.attrib.keys():
        yield f"<{element.tag}> has no {name}"
    for name, value in element.attrib.items():
        if name not in known or not re.fullmatch(known[name], value):
            yield f"<{element.tag}> has {name}={value!r}"
    for child in element:
        yield from faults(child)
