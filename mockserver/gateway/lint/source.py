"""The text of a file that is linted, as Go reads it, with the lines and columns of its values."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any

from mockserver.golang import json_places, json_reader
from mockserver.golang.json_places import Place
from mockserver.golang.scalars import fold

BYTE_ORDER_MARK = "\ufeff"

Steps = tuple[int, ...]  # from the top of a document: the index of a member or an item at each level


class Source:
    """A file.

    Attributes:
        name: the path in messages.
        data: the content.
        text: the content as Go decodes it.
        node: the first JSON value, a node of `json_reader`; None if there is none.
        rest: the text after that value.
        error: the reason why there is no JSON value; None if there is one.
    """

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data
        self.node: Any = None
        self.rest = ""
        self.error: json_reader.JSONSyntaxError | None = None
        try:
            self.node, self.rest = json_reader.read(data)
        except json_reader.JSONSyntaxError as error:
            self.error = error

    @cached_property
    def text(self) -> str:
        """The content as Go decodes it."""
        return self.data.decode("utf-8", "go-json")

    @cached_property
    def wrong_byte(self) -> int | None:
        """The character that Go reads in place of the first byte that is not UTF-8; None if there is none."""
        try:
            self.data.decode()
        except UnicodeDecodeError as error:
            return len(self.data[: error.start].decode())
        return None

    @cached_property
    def _places(self) -> Place:
        return json_places.places(self.text)

    @cached_property
    def _lines(self) -> list[int]:
        """The character that each line begins at."""
        return list(
            accumulate((len(line) for line in self.text.split("\n")), lambda a, b: a + b + 1, initial=0)
        )

    def place(self, steps: Steps) -> Place:
        """The place of a value."""
        place = self._places
        for step in steps:
            place = place.children[step]
        return place

    def line_and_column(self, position: int) -> tuple[int, int]:
        """The line and the column of a character, both from 1."""
        line = bisect_right(self._lines, position)
        return line, position - self._lines[line - 1] + 1


def steps_to(node: Any, path: Sequence[str]) -> Steps:
    """The steps to the member that Go reads for a path of names and indices, as far as it is there."""
    steps: list[int] = []
    for name in path:
        if isinstance(node, list) and not isinstance(node, json_reader.Object) and name.isdigit():
            if int(name) >= len(node):  # an element of an earlier array, for the member is there twice
                break
            steps.append(int(name))
            node = node[int(name)]
            continue
        if not isinstance(node, json_reader.Object):
            break
        folded = fold(name)
        indices = [index for index, (member, _) in enumerate(node) if member == name]
        indices = indices or [index for index, (member, _) in enumerate(node) if fold(member) == folded]
        if not indices:
            break
        steps.append(indices[-1])
        node = node[indices[-1]][1]
    return tuple(steps)
