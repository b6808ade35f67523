"""The arguments of calls, which a gateway may send in any type."""

from __future__ import annotations

from typing import Any

from mockserver.golang.rpc.errors import CallRefused


def struct(argument: Any) -> dict[str, Any]:
    """An argument that must be a struct.

    Raises:
        CallRefused: it is not.
    """
    if not isinstance(argument, dict):
        raise CallRefused(f"the argument is a {type(argument).__name__}, must be a struct")
    return argument


def text(value: Any) -> str:
    """A value that must be a text.

    Raises:
        CallRefused: it is not.
    """
    if not isinstance(value, str):
        raise CallRefused(f"a {type(value).__name__} was sent, must be a text")
    return value


def texts(value: Any) -> list[str]:
    """A value that must be a list of texts.

    Raises:
        CallRefused: it is not.
    """
    if not isinstance(value, list):
        raise CallRefused(f"a {type(value).__name__} was sent, must be a list of texts")
    return [text(item) for item in value]


def number(value: Any) -> int:
    """A value that must be a whole number.

    Raises:
        CallRefused: it is not.
    """
    if type(value) is not int:
        raise CallRefused(f"a {type(value).__name__} was sent, must be a whole number")
    return value
