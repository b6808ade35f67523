"""JSON as Go's encoding/json reads, writes and refuses it."""

from __future__ import annotations

import json
import struct
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.golang import json_reader
from mockserver.golang.json_reader import Escaped, JSONSyntaxError, Number, Object, read
from mockserver.golang.json_writer import format_float, write

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def plain(node: object) -> object:
    """The value that Python's json module has for a node."""
    if isinstance(node, Object):
        return {str(name): plain(value) for name, value in node}
    if isinstance(node, list):
        return [plain(item) for item in node]
    if isinstance(node, Number):
        return int(node)
    return str(node) if isinstance(node, str) else node


@given(JSON)
def test_written_json_is_read_back(value: object) -> None:
    """The reader returns the value that the writer wrote, indented or not."""
    node, rest = read(write(value).encode())
    assert (plain(node), rest) == (value, "")
    node, rest = read(write(value, "  ").encode())
    assert (plain(node), rest) == (value, "")


@given(JSON)
def test_python_reads_written_json(value: object) -> None:
    """Python's json module reads the writer's text as the same value."""
    assert json.loads(write(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_keeps_its_value(value: float) -> None:
    """The shortest text of a float reads back as the same bits."""
    assert struct.pack("d", float(format_float(value))) == struct.pack("d", value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1000.0, "1000"),
        (0.1, "0.1"),
        (-0.0, "-0"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (12345678901234567890.0, "12345678901234567000"),
    ],
)
def test_floats_are_written_as_go_writes_them(value: float, text: str) -> None:
    """Whole floats have no decimal point; floats below 1e-6 and from 1e21 have an exponent."""
    assert format_float(value) == text


def test_strings_are_escaped_as_go_escapes_them() -> None:
    """The writer escapes markup, line separators and control characters, and no others."""
    assert write('<>&\u2028\x00\x1f\b\f\n\r\t"\\/é\x7f') == (
        '"\\u003c\\u003e\\u0026\\u2028\\u0000\\u001f\\b\\f\\n\\r\\t\\"\\\\/é\x7f"'
    )


def test_a_byte_that_is_not_utf8_is_written_as_u_fffd() -> None:
    """A lone surrogate, which stands for a byte that is not UTF-8, is written as U+FFFD."""
    assert write("a\udcff") == '"a\\ufffd"'


def test_duplicates_and_order_are_kept() -> None:
    """The reader keeps the order of members and their duplicates."""
    node, _ = read(b'{"b":1,"a":2,"b":3}')
    assert node == Object([("b", "1"), ("a", "2"), ("b", "3")])


def test_a_string_with_escapes_is_marked() -> None:
    """The reader marks a string that has escapes, for Go reads object ids from the raw text."""
    literal, escaped = read(b'["a","\\u0061"]')[0]
    assert not isinstance(literal, Escaped)
    assert isinstance(escaped, Escaped)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'"\xff"', "\ufffd"),
        (b'"\xe4\xb8"', "\ufffd\ufffd"),
        (b'"\xed\xa0\x80"', "\ufffd\ufffd\ufffd"),
        (b'"\\ud800"', "\ufffd"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\ud83d\\ud83d\\ude00"', "\ufffd\U0001f600"),
    ],
    ids=["one byte", "half a character", "surrogate", "half a pair", "pair", "half a pair and a pair"],
)
def test_bad_utf8_and_half_pairs_become_u_fffd(body: bytes, text: str) -> None:
    """Each byte that is not UTF-8, and each half of a surrogate pair, becomes one U+FFFD."""
    assert read(body)[0] == text


@given(JSON)
def test_escapes_elsewhere_change_no_node(value: object) -> None:
    """The reader has the same nodes for a value, whether or not the text has escapes that slow it down."""
    text = write(value).encode()
    node, _ = read(text)
    (_, beside), _ = read(b'["\\u0061", ' + text + b"]")
    assert _typed(beside) == _typed(node)


def _typed(node: Any) -> Any:
    """A node with the names of the types in it."""
    if isinstance(node, Object):
        return ["Object", *((str(name), _typed(item)) for name, item in node)]
    return [_typed(item) for item in node] if isinstance(node, list) else (type(node).__name__, node)


BROKEN = [
    b"", b" ", b"{", b"[1", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,}', b"{1:2}", b'{"a" 1}', b"[1,]", b"[,1]",
    b'"a', b'"\n"', b'"\\x"', b'"\\u12"', b"nul", b"NaN", b"+1", b".5", b"'a'", b"\xef\xbb\xbf{}", b"{]", b"[}",
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN)
def test_invalid_json_is_refused(body: bytes) -> None:
    """The reader raises JSONSyntaxError for a text that does not begin with a whole JSON value."""
    with pytest.raises(JSONSyntaxError):
        read(body)


@pytest.mark.parametrize(("body", "rest"), [(b"{} x", " x"), (b"01", "1"), (b"1.", "."), (b"nullx", "x")])
def test_only_the_first_value_is_read(body: bytes, rest: str) -> None:
    """The reader returns the first value and the rest of the text."""
    assert read(body)[1] == rest


def test_ten_thousand_levels_are_read_and_one_more_is_not() -> None:
    """The reader accepts 10,000 levels of nesting, as Go does, and refuses one more."""
    deepest = json_reader.MAX_DEPTH
    node, _ = read(b"[" * deepest + b"]" * deepest)
    assert len(write(node)) == 2 * deepest
    with pytest.raises(JSONSyntaxError, match="depth"):
        read(b"[" * (deepest + 1))


def test_the_recursion_limit_of_the_process_does_not_count() -> None:
    """One level more than Go reads is refused where Python may go deeper, and many beside each other are read."""
    deepest, former = json_reader.MAX_DEPTH, sys.getrecursionlimit()
    sys.setrecursionlimit(6 * deepest)  # as hypothesis and programs of users do
    try:
        with pytest.raises(JSONSyntaxError, match="depth"):
            read(b'{"k":' + b"[" * deepest + b"]" * deepest + b"}")
        assert read(b'{"k":' + b"[" * (deepest - 1) + b"]" * (deepest - 1) + b"}")[1] == ""
        assert read(b"[" + b"[]," * 2 * deepest + b"[]]")[1] == ""
    finally:
        sys.setrecursionlimit(former)
