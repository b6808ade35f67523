"""Scalars that GraphQL does not have: numbers of 64 bits, times, and any JSON value."""

from __future__ import annotations

import json
import math
from typing import Any

from graphql import GraphQLError, GraphQLScalarType

from mockserver.golang.scalars import TIME, Problems

_INT64 = range(-(2**63), 2**63)


def _int64(value: Any) -> int:
    if type(value) is not int or value not in _INT64:
        raise GraphQLError("Int64 cannot represent a value that is no whole number of 64 bits.")
    return value


def _float64(value: Any) -> float:
    try:
        number = float(value) if type(value) in (int, float) else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise GraphQLError("Float64 cannot represent a value that is no number of 64 bits.")
    return number


def _time(value: Any) -> str:
    problems = Problems()
    text = TIME.decode(value, TIME.zero, problems) if isinstance(value, str) else None
    if text is None or problems.messages:
        raise GraphQLError("Time cannot represent a value that is no text in RFC 3339.")
    return str(text)


def _json(value: Any) -> Any:
    try:
        text = json.dumps(value, allow_nan=False, default=lambda _: None)  # a variable that is not given
    except ValueError:
        raise GraphQLError("JSON cannot represent a number beyond the range of a float64.") from None
    return json.loads(text)


INT64 = GraphQLScalarType(
    "Int64",
    coerce_input_value=_int64,
    description="A whole number of 64 bits, written as a JSON number. JavaScript keeps only 53 bits of it.",
)
FLOAT64 = GraphQLScalarType(  # Float refuses whole numbers beyond its precision, which REST writes and rounds
    "Float64",
    coerce_input_value=_float64,
    description="A number of 64 bits; digits beyond its precision are rounded.",
)
TIME_TEXT = GraphQLScalarType(
    "Time",
    coerce_input_value=_time,
    description='A time in RFC 3339, such as "2020-12-10T11:12:58.6Z".',
)
JSON = GraphQLScalarType(
    "JSON",
    coerce_input_value=_json,
    description="Any JSON value; a map whose keys are free is one.",
)
