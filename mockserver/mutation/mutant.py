"""A mutant: one way in which the mock can be broken."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

PLANTED, SOURCE, ANSWER, FIELD = "planted", "source", "answer", "field"


class MutantError(ValueError):
    """A mutant that cannot be made; the message says which and why."""


@dataclass(frozen=True)
class Edit:
    """Text of a module that is replaced by another, from a position on."""

    module: str
    at: int
    old: str
    new: str

    def apply(self, source: str) -> str:
        """The module's text with the edit in it."""
        assert source[self.at : self.at + len(self.old)] == self.old
        return source[: self.at] + self.new + source[self.at + len(self.old) :]


@dataclass(frozen=True)
class Twist:
    """What is done to answers: which ones, what to them, and when.

    Attributes:
        operation: its operationId; "" for any policy that is answered.
        status: the answers' status; 0 for any policy.
        field: the member of a policy, "" for the answer as a whole.
        how: a key of `twisting.ANSWERS`, or of `twisting.FIELDS`; a member may also be dropped,
            renamed, stale (as it was first read) or shared (as in the policy that was read before).
        when: a key of `twisting.WHEN`.
    """

    operation: str
    status: int
    field: str
    how: str
    when: str = "always"


@dataclass(frozen=True)
class Mutant:
    """One way to be wrong.

    Attributes:
        id: stable as long as the code it breaks is.
        breaks: what it breaks, for a reader.
        row: the behaviour that must notice; "" where any may.
        gateway: the version that shows it.
    """

    id: str
    group: str
    breaks: str
    edit: Edit | None = None
    twist: Twist | None = None
    row: str = ""
    gateway: str = ""

    def as_json(self) -> str:
        """The mutant for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Mutant:
        """A mutant that `as_json` wrote."""
        members = json.loads(text)
        for name, kind in (("edit", Edit), ("twist", Twist)):
            members[name] = kind(**members[name]) if members[name] else None
        return cls(**members)


@cache
def source_of(module: str) -> str:
    """The text of a module of the mock.

    Raises:
        MutantError: there is no such module.
    """
    path = Path(__file__).parent.parent.joinpath(*module.split(".")).with_suffix(".py")
    if not path.is_file():
        raise MutantError(f"no module mockserver.{module}; mend mockserver/mutation/planted.yaml")
    return path.read_text("utf-8")
