"""The forms and types of API definitions: their tables, durations, and the refusals of a form."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.contract.codecs import Codec
from mockserver.contract.definition_types import CLASSIC, EXTENSION, OAUTH, TYPES, struct_of
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import known_versions, load_yaml, spec_path
from mockserver.contract.versions import GatewayVersion
from mockserver.gateway.oas.schema import problems
from mockserver.gateway.oas.shape import FORMS, Shape, shape_of
from mockserver.golang import durations, json_reader
from mockserver.golang.structs import Struct

VERSIONS = list(known_versions().values())
TEXT = Shape(("string",))


def _names(struct: Any) -> set[str]:
    assert isinstance(struct, Struct)
    return set(struct.by_name)


@pytest.mark.parametrize("version", VERSIONS, ids=str)
@pytest.mark.parametrize(("schema", "row"), [("ApiDefinition", CLASSIC), ("TykExtension", EXTENSION)])
def test_the_types_have_what_the_contract_describes(schema: str, row: str, version: GatewayVersion) -> None:
    """The types of definitions have each member that the OpenAPI file describes, in each version."""
    assert _names(Contract.load(version).type_of(schema)) <= _names(struct_of(row, version))


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_the_forms_are_of_members_of_the_types(version: GatewayVersion) -> None:
    """The form of the gateway's part has the sections of its type."""
    form = shape_of("3.0", version).members["x-tyk-api-gateway"]
    assert set(form.members) == _names(struct_of(EXTENSION, version))
    own = shape_of("3.0", version, is_mcp=True).members["x-tyk-api-gateway"]
    assert set(form.members) - set(own.members) <= {"errorOverrides"}


@pytest.mark.parametrize("name", [TYPES, FORMS])
def test_each_row_is_used(name: str) -> None:
    """Each row of the tables of types and forms is a root, or is named by another row."""
    rows = load_yaml(spec_path(name))
    text = " ".join(map(str, rows.values()))
    roots = {CLASSIC, EXTENSION, OAUTH, "Extension", "OfMcpProxies"}
    assert {row for row in rows if f"'{row}'" not in text} <= roots


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("90s", "1m30s"), ("1h30m", "1h30m"), ("1.5s", "1s500ms"), ("", "0s"), ("5", "0s"), ("-1s", "-1s"),
        ("2us", "2\u00b5s"), ("1s2h", "2h1s"), ("300000000h", "0s"),
    ],
)  # fmt: skip
def test_a_duration_is_written_by_its_units(text: str, written: str) -> None:
    """A duration is written with the largest units first; what Go does not parse is 0s."""
    assert durations.written(durations.nanoseconds(text)) == written


@pytest.mark.parametrize(
    ("shape", "text", "expected"),
    [
        (Shape(("integer",), minimum=0), "-1", ["a: Must be greater than or equal to 0"]),
        (Shape(("number",), maximum=1), "1.5", ["a: Must be less than or equal to 1"]),
        (Shape(("array",), least_items=1), "[]", ["a: Array must have at least 1 items"]),
        (Shape(("array",), is_unique=True), '["x", "y", "x"]', ["a: array items[0,2] must be unique"]),
        (Shape(("array",), each=TEXT), '["x", 1]', ["a.1: Invalid type. Expected: string, given: integer"]),
        (Shape(("array",), first=TEXT), '["x", 1]', []),
        (Shape(("array", "null")), "1", ["a: Invalid type. Expected: [array,null], given: integer"]),
        (Shape(("string",), never="^0s$"), '"0s"', ["a: Must not validate the schema (not)"]),
        (Shape(("string",), format="uri"), '"/x"', ["a: Does not match format 'uri'"]),
        (Shape(others=TEXT), '{"b": 1}', ["a.b: Invalid type. Expected: string, given: integer"]),
        (
            Shape(any_of=(Shape(required=("b", "c")), Shape(required=("d",)))),
            '{"b": 1}',
            ["a: Must validate at least one schema (anyOf)", "a: c is required"],
        ),
    ],
)
def test_a_value_that_misses_its_form_is_told(shape: Shape, text: str, expected: list[str]) -> None:
    """A value is refused in the words of the gateway's library; of several forms the likeliest is told."""
    assert problems(json_reader.read(text.encode())[0], shape, ("a",)) == expected


@pytest.mark.parametrize(
    "raw",
    ['{"b":1.0,"a":1e999,"n":' + "9" * 5_000 + "}", "[" * 5_000 + "]" * 5_000],
    ids=["numbers", "deep"],
)
def test_raw_json_is_kept(raw: str) -> None:
    """A member that a gateway does not read is kept: the order of its members, its numbers, and its depth."""
    source = f'{{"graphql":{{"engine":{{"data_sources":[{{"config":{raw}}}]}}}}}}'
    codec = Codec(struct_of(CLASSIC, VERSIONS[-1]))
    assert f'"config":{raw}' in codec.encode(codec.decode(source.encode()))
