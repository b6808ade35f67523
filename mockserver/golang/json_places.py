"""The places of the values in a JSON text that `json_reader` has read, for messages that name a line.

`json_reader` keeps no positions, for few texts need them. A second pass finds them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(r'[ \t\n\r]*("(?:[^"\\]++|\\.)*+"|[{}\[\],:]|[^ \t\n\r{}\[\],:"]+)')


@dataclass
class Place:
    """The place of a value: characters from the start of the text.

    Attributes:
        name: the start of the member's name; that of the value if the value is no member.
        start, end: where the value begins, and where it has ended.
        children: the places of the members or items, in the order of the node's.
    """

    name: int
    start: int
    end: int = 0
    children: list[Place] = field(default_factory=list)


def places(text: str) -> Place:
    """The place of the first value of a text that `json_reader.read` accepts, with all values in it."""
    opened: list[Place] = []
    name: int | None = None
    position = 0
    while match := _TOKEN.match(text, position):
        token, start, position = match[1], match.start(1), match.end()
        if token in "}]":
            place = opened.pop()
            place.end = position
        elif token == ":":
            continue
        elif token == ",":
            name = None
            continue
        elif name is None and opened and text[opened[-1].start] == "{":
            name = start
            continue
        else:
            place = Place(start if name is None else name, start, position)
            name = None
            if opened:
                opened[-1].children.append(place)
            if token in "{[":
                opened.append(place)
                continue
        if not opened:
            return place
    raise ValueError("the text has no complete JSON value")
