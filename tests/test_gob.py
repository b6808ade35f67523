"""Go's gob is read and written exactly, and a hostile stream is refused within bounds."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.golang.rpc.errors import GobError
from mockserver.golang.rpc.gob_reader import GobReader, Limits
from mockserver.golang.rpc.gob_types import Basic, Map, Named, Slice, Struct, Type
from mockserver.golang.rpc.gob_writer import GobWriter

POINT = Struct("Point", (("X", Basic.INT), ("Y", Basic.INT)))
WIRE = "2b7f0301010b776972655265717565737401ff80000102010249440106000107526571756573740110000000"
CALL = (
    "51ff80010101172a6d61696e2e6469737061746368657252657175657374ff8103010111646973706174636865725265717565737401"
    "ff8200010201075265717565737401100001044e616d65010c0000000cff820802052e50696e670000"
)
LOGIN = (
    "ffabff8001fe012c01172a6d61696e2e6469737061746368657252657175657374ff826701172a6d61696e2e47726f75704c6f67696e"
    "52657175657374ff830301011147726f75704c6f67696e5265717565737401ff840001040107557365724b6579010c00010747726f75"
    "704944010c000109466f72636553796e6301020001044e6f6465010a00000020ff840b01017501016702027b7d00010f2e4c6f67696e"
    "5769746847726f75700000"
)
LOGIN_AGAIN = (
    "54ff8001fe012d01172a6d61696e2e6469737061746368657252657175657374ff823101172a6d61696e2e47726f75704c6f67696e52"
    "657175657374ff8403030100010f2e4c6f67696e5769746847726f75700000"
)
EVERYTHING = (
    "70ff870301010a45766572797468696e6701ff8800010d010142010200010149010400010155010600010146010800010153010c0001"
    "024273010a0001014c01ff860001024c4c01ff8c0001014d01ff8e0001015001ff90000102504c01ff92000101580110000102584c01"
    "ff940000000cff85020102ff8600010c000016ff8b020101075b5d5b5d696e7401ff8c0001ff8a00000cff89020102ff8a0001040000"
    "1eff8d0401010e6d61705b737472696e675d696e7401ff8e00010c010400001fff8f03010105506f696e7401ff900001020101580104"
    "0001015901040000001bff910201010c5b5d6d61696e2e506f696e7401ff920001ff9000001cff930201010e5b5d696e746572666163"
    "65207b7d01ff940001100000ffabff88010101fe010101fe010001fe31400102c3a9010200ff010201610001030102000203fa020000"
    "0000000101016b0101012c014200010200020200010b2a6d61696e2e506f696e74ff9005010201040001070006737472696e670c0300"
    "017305696e7436340402000904626f6f6c0202000007666c6f61743634080400fe04400b2a6d61696e2e506f696e74ff90030106000e"
    "6d61705b737472696e675d696e74ff8e050001017a0000"
)


def read(data: bytes, count: int = 1, limits: Limits | None = None) -> list[Any]:
    """The values of a stream, all of whose bytes must be taken."""
    stream = io.BytesIO(data)

    def exactly(length: int) -> bytes:
        if len(taken := stream.read(length)) < length:
            raise EOFError
        return taken

    reader = GobReader(exactly, limits)
    values = [reader.value() for _ in range(count)]
    assert not stream.read()
    return values


def test_a_described_struct_is_read() -> None:
    """The example in the documentation of Go's package is read as it says there."""
    data = "1fff8103010105506f696e7401ff8200010201015801040001015901040000" + "0007ff82012c014200"
    assert read(bytes.fromhex(data)) == [{"X": 22, "Y": 33}]


def test_the_records_of_calls_are_read() -> None:
    """Descriptions in the midst of a value, which Go sends for types in interfaces, are read as such."""
    call, login, again = read(bytes.fromhex(WIRE + CALL + LOGIN + LOGIN_AGAIN), 3)
    assert call == {"ID": 1, "Request": Named("*main.dispatcherRequest", {"Name": ".Ping"})}
    assert login == {
        "ID": 300,
        "Request": Named(
            "*main.dispatcherRequest",
            {
                "Request": Named("*main.GroupLoginRequest", {"UserKey": "u", "GroupID": "g", "Node": b"{}"}),
                "Name": ".LoginWithGroup",
            },
        ),
    }
    assert again["Request"].value["Request"].value == {"ForceSync": True}


def test_all_kinds_of_go_are_read() -> None:
    """Each supported kind, as Go's encoder has written it, is read with its value."""
    assert read(bytes.fromhex(EVERYTHING)) == [
        {
            "B": True, "I": -129, "U": 256, "F": 17.0, "S": "é", "Bs": b"\0\xff", "L": ["a", ""],
            "LL": [[1], [], [-2, 1 << 40]], "M": {"k": -1}, "P": {"X": 22, "Y": 33}, "PL": [{}, {"Y": 1}],
            "X": Named("*main.Point", {"X": 1, "Y": 2}),
            "XL": [
                None, Named("string", "s"), Named("int64", -5), Named("bool", False), Named("float64", 2.5),
                Named("*main.Point", {"X": 3}), Named("map[string]int", {"z": 0}),
            ],
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("040400ff81", -65),
        ("070c000474657874", "text"),
        ("03ff8000", {}),
        ("22ff95030101044e6f646501ff9600010201015601040001044e65787401ff960000000bff96010201010401000000",
         {"V": 1, "Next": {"V": 2, "Next": {}}}),
    ],
    ids=["int", "string", "zero", "recursive"],
)  # fmt: skip
def test_values_alone_are_read(data: str, value: object) -> None:
    """A value of its own, and one of a type that contains itself, is read as Go has written it."""
    before = WIRE if value == {} else ""
    assert read(bytes.fromhex(before + data)) == [value]


TYPES: dict[str, Type] = {
    "*main.Point": POINT,
    "map[string]int": Map("map[string]int", Basic.STRING, Basic.INT),
}
INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)
TEXTS = st.text(st.characters(blacklist_categories=["Cs"]))
NAMED = st.one_of(
    st.none(),
    st.builds(Named, st.just("string"), TEXTS),
    st.builds(Named, st.just("int64"), INTEGERS),
    st.builds(Named, st.just("bool"), st.booleans()),
    st.builds(Named, st.just("[]string"), st.lists(TEXTS)),
    st.builds(Named, st.just("*main.Point"), st.fixed_dictionaries({"X": INTEGERS.filter(bool)})),
    st.builds(Named, st.just("map[string]int"), st.dictionaries(TEXTS, INTEGERS)),
)
SCALARS = {
    Basic.BOOL: st.booleans(),
    Basic.INT: INTEGERS,
    Basic.UINT: st.integers(0, (1 << 64) - 1),
    Basic.FLOAT: st.floats(allow_nan=False),
    Basic.BYTES: st.binary(),
    Basic.STRING: TEXTS,
    Basic.INTERFACE: NAMED,
}
KEYS = (Basic.INT, Basic.STRING, Basic.BOOL)
KINDS: st.SearchStrategy[Type] = st.recursive(
    st.sampled_from(list(Basic)),
    lambda kinds: st.one_of(
        st.builds(Slice, TEXTS, kinds),
        st.builds(Map, TEXTS, st.sampled_from(KEYS), kinds),
        st.builds(
            lambda name, members: Struct(name, tuple((f"M{n}", kind) for n, kind in enumerate(members))),
            TEXTS,
            st.lists(kinds, min_size=1, max_size=4),
        ),
    ),
    max_leaves=8,
)


def values(kind: Type) -> st.SearchStrategy[Any]:
    """Values of a type; a struct lacks the members that Go would leave out."""
    match kind:
        case Basic():
            return SCALARS[kind]
        case Slice():
            return st.lists(values(kind.element), max_size=4)
        case Map():
            return st.dictionaries(values(kind.key), values(kind.element), max_size=4)
        case Struct():
            members = {name: values(member) for name, member in kind.members}
            return st.fixed_dictionaries({}, optional=members).map(
                lambda value: {
                    name: item
                    for name, item in value.items()
                    if not _is_left_out(dict(kind.members)[name], item)
                }
            )
    raise AssertionError


def _is_left_out(kind: Type, value: object) -> bool:
    return not isinstance(kind, Map | Struct) and (value is None or (not value and str(value) != "-0.0"))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_is_written_is_read(data: st.DataObject) -> None:
    """Each value of each type is read as it was written, also as the second one of its stream."""
    kind = data.draw(KINDS)
    items = data.draw(st.lists(values(kind), min_size=1, max_size=3))
    writer = GobWriter(TYPES)
    assert read(b"".join(writer.write(kind, item) for item in items), len(items)) == items


def test_types_are_described_once() -> None:
    """The second value of a type is sent without its description, as in the documentation's example."""
    writer = GobWriter()
    first = writer.write(POINT, {"X": 22, "Y": 33})
    assert (
        first.hex() == "1fff8103010105506f696e7401ff820001020101580104000101590104000000" + "07ff82012c014200"
    )
    assert writer.write(POINT, {"X": 22, "Y": 33}).hex() == "07ff82012c014200"


def test_a_refused_value_leaves_the_stream_readable() -> None:
    """A value that does not fit its type is refused, and the next one is sent with its description."""
    writer = GobWriter()
    with pytest.raises(GobError, match="'a' is not a value of the type"):
        writer.write(POINT, {"X": "a"})
    with pytest.raises(GobError, match="Point has no member 'Z'; its members are X, Y"):
        writer.write(POINT, {"Z": 1})
    with pytest.raises(GobError, match="no type is registered as 'other'"):
        writer.write(Basic.INTERFACE, Named("other", 1))
    with pytest.raises(GobError, match="is not an integer of 64 bits"):
        writer.write(Basic.INT, 1 << 63)
    with pytest.raises(GobError, match="half a surrogate pair"):
        writer.write(Basic.STRING, "\ud800")
    assert read(writer.write(Basic.STRING, "\udcff")) == ["\udcff"]  # a byte that is no UTF-8
    assert read(writer.write(POINT, {"Y": 1})) == [{"Y": 1}]


DEEP = Slice("[]interface {}", Basic.INTERFACE)


def nested(depth: int) -> bytes:
    """A stream with a list in a list and so on."""
    value: list[Any] = []
    for _ in range(depth):
        value = [Named("list", value)]
    return GobWriter({"list": DEEP}).write(DEEP, value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("f8ffffffffffffffff", "longer than the limit"),
        ("00", "a message is empty"),
        ("80", "an integer of 128 bytes"),
        ("040c00ff80", "promised"),
        ("070c00f8ffffffffffffffff", "promised"),
        ("02ff82", "the type 65 was not described"),
        ("020e00", "the type 7 was not described, or is not supported"),
        ("0eff97010102ff980001040106000007ff980003020006", "ArrayT.*not supported"),
        (WIRE + WIRE, "the type 64 is described again"),
        ("2d" + WIRE[2:] + "0000", "bytes follow the description"),
        ("060c000178" + "0000", "2 bytes follow a value"),
        (WIRE + "04ff800900", "has no member number 8"),
        ("03ff8100", "the type 65 is empty: not supported"),
        ("030c0101", "does not begin with a zero"),
    ],
)  # fmt: skip
def test_a_malformed_stream_is_refused(data: str, message: str) -> None:
    """A stream that is malformed, or promises more than it has, is refused with the reason."""
    with pytest.raises(GobError, match=message):
        read(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        (nested(60), Limits()),
        (GobWriter().write(Slice("", Basic.BOOL), [True] * 11), Limits(values=10)),
        (GobWriter().write(Basic.STRING, "x" * 100), Limits(bytes=100)),
        (GobWriter().write(POINT, {}), Limits(types=2)),
        (GobWriter().write(Map("", Basic.INT, Basic.INT), dict.fromkeys(range(11), 1)), Limits(values=10)),
    ],
    ids=["depth", "elements", "bytes", "types", "keys"],
)
def test_a_stream_is_refused_beyond_a_limit(data: bytes, limits: Limits) -> None:
    """What is nested deeper, longer or more than a limit allows is refused."""
    with pytest.raises(GobError, match=r"deeper|more than|longer"):
        read(data, limits=limits)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(EVERYTHING) // 2 - 1), st.binary(max_size=3))
def test_a_spoiled_stream_is_read_or_refused(at: int, spoiled: bytes) -> None:
    """A recorded stream with some bytes exchanged is read, refused or found too short, and nothing else."""
    data = bytearray.fromhex(EVERYTHING)
    data[at : at + len(spoiled)] = spoiled
    try:
        read(bytes(data))
    except (GobError, EOFError, AssertionError):
        return
