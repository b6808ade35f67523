"""What may be sent to the portal: the members of a body, their forms and their defaults."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

REQUIRED = object()  # in place of a default


class PortalError(ValueError):
    """A request that the portal refuses, with the status of the answer; the message says the next step."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Member:
    """A member of a body.

    Attributes:
        fits: true for a value that it may have.
        form: the form of such a value, in words.
        default: the value if it is not sent; `REQUIRED` if it must be sent.
    """

    fits: Callable[[Any], bool]
    form: str
    default: Any = REQUIRED


def read(sent: Mapping[str, Any], members: Mapping[str, Member], *, whole: bool) -> dict[str, Any]:
    """The members of a body; with `whole` the missing ones have their defaults.

    Raises:
        PortalError: a member is unknown, has another form, or is missing.
    """
    for name, value in sent.items():
        if name not in members:
            raise PortalError(f"there is no member {reprlib.repr(name)}; give {', '.join(members)}")
        if not members[name].fits(value):
            raise PortalError(f"{name}: {reprlib.repr(value)} is not {members[name].form}")
    if not whole:
        return deepcopy(dict(sent))
    for name, member in members.items():
        if member.default is REQUIRED and name not in sent:
            raise PortalError(f"the body lacks {name!r}, {member.form}")
    return {name: deepcopy(sent.get(name, member.default)) for name, member in members.items()}


def is_text(value: Any) -> bool:
    """True for a text; lone surrogates, which JSON can name, are none."""
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def is_filled(value: Any) -> bool:
    """True for a text with more than blanks."""
    return is_text(value) and bool(value.strip())


def are_texts(value: Any) -> bool:
    """True for a list of texts, which may be empty."""
    return isinstance(value, list) and all(map(is_filled, value))


def is_whole(value: Any) -> bool:
    """True for an integer of 64 bits that is -1 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and -1 <= value < 1 << 63


def is_count(value: Any) -> bool:
    """True for an integer of 64 bits that is not negative."""
    return is_whole(value) and value >= 0


def is_limit(value: Any) -> bool:
    """True for a positive number, and for -1, which is no limit."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == -1 or (value > 0 and math.isfinite(value))


def is_flag(value: Any) -> bool:
    """True for true and false."""
    return isinstance(value, bool)
