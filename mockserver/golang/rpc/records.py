"""The records of a stream of calls: requests with a number, and responses with the number of their request.

Source: the files `encoding.go` and `dispatcher.go` of the vendor's open library `gorpc`, whose names of types
are part of the stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from mockserver.golang.rpc.errors import GobError
from mockserver.golang.rpc.gob_types import Basic, Named, Struct, Type

_T = TypeVar("_T", int, str)
PREFIX = b"proto2"  # what a client sends first; then the length of its connection id in a byte, and the id
_REQUEST = "*gorpc.dispatcherRequest"
_RESPONSE = "*gorpc.dispatcherResponse"
TYPES: Mapping[str, Type] = {
    _REQUEST: Struct("dispatcherRequest", (("Request", Basic.INTERFACE), ("Name", Basic.STRING))),
    _RESPONSE: Struct("dispatcherResponse", (("Response", Basic.INTERFACE), ("Error", Basic.STRING))),
}
WIRE_REQUEST = Struct("wireRequest", (("ID", Basic.UINT), ("Request", Basic.INTERFACE)))
WIRE_RESPONSE = Struct(
    "wireResponse", (("ID", Basic.UINT), ("Response", Basic.INTERFACE), ("Error", Basic.STRING))
)


@dataclass(frozen=True)
class Request:
    """A call of a function by its name; the number 0 asks for no response."""

    number: int
    name: str
    argument: Any

    def document(self) -> dict[str, Any]:
        """The request as a value of `WIRE_REQUEST`."""
        call = {"Name": f".{self.name}", "Request": in_interface(self.argument)}
        return {"ID": self.number, "Request": Named(_REQUEST, call)}

    @classmethod
    def of(cls, value: Any) -> Request:
        """The request in a value of a stream.

        Raises:
            GobError: the value is no request.
        """
        match value:
            case {"Request": Named(name=name, value=dict(call))} if name == _REQUEST:
                function = _member(call, "Name", str).removeprefix(".")
                return cls(_member(value, "ID", int), function, _bare(call.get("Request")))
        raise GobError("a record of the stream is no request of a function")


@dataclass(frozen=True)
class Response:
    """The answer to a request: a value, or the text of an error."""

    number: int
    value: Any = None
    error: str = ""

    def document(self) -> dict[str, Any]:
        """The response as a value of `WIRE_RESPONSE`."""
        answer = {"Response": in_interface(self.value), "Error": self.error}
        return {"ID": self.number, "Response": Named(_RESPONSE, answer)}

    @classmethod
    def of(cls, value: Any) -> Response:
        """The response in a value of a stream.

        Raises:
            GobError: the value is no response.
        """
        match value:
            case {"Error": str(error)} if error:
                return cls(_member(value, "ID", int), None, error)
            case {"Response": Named(name=name, value=dict(answer))} if name == _RESPONSE:
                error = _member(answer, "Error", str)
                return cls(_member(value, "ID", int), _bare(answer.get("Response")), error)
        raise GobError("a record of the stream is no response of a function")


def in_interface(value: Any) -> Named | None:
    """A value with the name of its type: None, a bool, a text, a list of texts, bytes, or a `Named` value.

    Raises:
        GobError: a value of another type.
    """
    match value:
        case None | Named():
            return value
        case bool():
            return Named("bool", value)
        case str():
            return Named("string", value)
        case bytes():
            return Named("[]uint8", value)
        case list():
            return Named("[]string", value)
    raise GobError(f"{value!r} can be several types of Go; give Named with the name of one, such as int64")


def _member(record: dict[str, Any], name: str, kind: type[_T]) -> _T:
    """A member of a record, which lacks it if it is zero."""
    value = record.get(name, kind())
    if type(value) is not kind:
        raise GobError(f"the member {name} of a record has the type {type(value).__name__}")
    return value


def _bare(value: Any) -> Any:
    return value.value if isinstance(value, Named) else value
