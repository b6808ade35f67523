"""A mutant: a mock with one defect, in its source or in its answers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from mockserver.contract.behaviours import Setting

PLANTED, SOURCE, ANSWER, FIELD = "planted", "source", "answer", "field"


class MutantError(ValueError):
    """A mutant cannot be made; the message names it and the reason."""


@dataclass(frozen=True)
class Edit:
    """A replacement of text in a module of the mock.

    Attributes:
        module: its name without the package's, as in "gateway.service".
        at: the position of `old` in the module's text, in characters.
    """

    module: str
    at: int
    old: str
    new: str

    def apply(self, source: str) -> str:
        """The module's text after the replacement."""
        assert source[self.at : self.at + len(self.old)] == self.old
        return source[: self.at] + self.new + source[self.at + len(self.old) :]


@dataclass(frozen=True)
class AnswerPatch:
    """A change of the mock's answers: the answers it applies to, the change, and the occasions.

    Attributes:
        operation: the answers' operationId; "" for any operation that answers a policy.
        status: the answers' status; 0 for any answer that holds a policy.
        field: the path of a member of a policy, as in "access_rights/*/versions"; "" for the whole answer.
        how: a key of `answer_patches.ANSWERS`, or, with a field, of `answer_patches.FIELDS`. A member may
            also be dropped, renamed, stale (as it was first read) or shared (as in the policy read before).
        when: a key of `answer_patches.WHEN`.
    """

    operation: str
    status: int
    field: str
    how: str
    when: str = "always"


@dataclass(frozen=True)
class Mutant:
    """A mutant of the mock: an edit of its source, or a patch of its answers.

    Attributes:
        id: a name that is stable as long as the mutated code is.
        group: PLANTED, SOURCE, ANSWER or FIELD.
        breaks: the defect in words.
        row: the id of the behaviour whose test must kill the mutant; "" if any may.
        service: the name of the service that is mutated: "gateway" or "dashboard".
        version: the version of the service that shows the defect; "" for the version of the run.
        configuration: the settings under which the row shows.
    """

    id: str
    group: str
    breaks: str
    edit: Edit | None = None
    patch: AnswerPatch | None = None
    row: str = ""
    service: str = "gateway"
    version: str = ""
    configuration: tuple[Setting, ...] = ()

    def as_json(self) -> str:
        """The mutant as one line of JSON, for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Mutant:
        """The mutant that `as_json` wrote."""
        members = json.loads(text)
        for name, kind in (("edit", Edit), ("patch", AnswerPatch)):
            members[name] = kind(**members[name]) if members[name] else None
        return cls(**members)


@cache
def source_of(module: str) -> str:
    """The text of a module of the mock.

    Raises:
        MutantError: the module does not exist.
    """
    path = Path(__file__).parent.parent.joinpath(*module.split(".")).with_suffix(".py")
    if not path.is_file():
        raise MutantError(f"no module mockserver.{module}; correct it where mockserver/mutation/ names it")
    return path.read_text("utf-8")
