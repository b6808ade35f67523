"""The size of a document whose fragments are in place, which grows with each spread of a fragment."""

from __future__ import annotations

from dataclasses import dataclass, field

from graphql import FieldNode, Location, SelectionNode

from mockserver.gateway.graphql.documents import MOST_CHARACTERS
from mockserver.gateway.graphql.refusals import invalid

MOST_SELECTIONS = 20_000  # with the tokens of their arguments and directives; a gateway has no limit
TOO_MUCH = (
    f"this mock does not judge more than {MOST_SELECTIONS} selections and tokens of their arguments, "
    f"nor over {MOST_CHARACTERS} characters of these"
)


@dataclass
class Size:
    """The size so far; no document without fragments is over its limits.

    Attributes:
        count: the selections, and the tokens of their arguments and directives.
        characters: the characters of these.
        known: the tokens and the characters of each selection, by its identity.
    """

    count: int = 0
    characters: int = 0
    known: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add(self, node: SelectionNode) -> None:
        """Add a selection of the document, which may have been added before.

        Raises:
            InvalidQuery: the document is larger than the mock judges.
        """
        if id(node) not in self.known:
            self.known[id(node)] = _size_of(node)
        tokens, characters = self.known[id(node)]
        self.count += 1 + tokens
        self.characters += characters
        if self.count > MOST_SELECTIONS or self.characters > MOST_CHARACTERS:
            raise invalid(TOO_MUCH)


def _size_of(node: SelectionNode) -> tuple[int, int]:
    """The tokens and the characters of the arguments and the directives of a selection."""
    arguments = node.arguments if isinstance(node, FieldNode) else ()
    tokens = characters = 0
    for part in (*(arguments or ()), *(node.directives or ())):
        assert isinstance(part.loc, Location)
        token, end = part.loc.start_token, part.loc.end_token
        characters += end.end - token.start
        tokens += 1
        while token is not end and token.next is not None:
            token, tokens = token.next, tokens + 1
    return tokens, characters
