"""A planned change of policies: deletions and replacements, before anybody carries them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mockserver.console.suggestions import nearest
from mockserver.gateway.loaded_policies import Policy


class PlanError(ValueError):
    """A plan that does not fit the policies; the message names the policy and the next step."""


@dataclass(frozen=True)
class Plan:
    """Deletions and replacements of policies.

    Attributes:
        deletions: the ids, or database ids, of the policies that would be deleted.
        replacements: the policies that would replace those with their ids.
    """

    deletions: tuple[str, ...] = ()
    replacements: tuple[Policy, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The parts of the plan, as in "delete gold"."""
        changes = (f"change {policy['id']}" for policy in self.replacements)
        return (*(f"delete {name}" for name in self.deletions), *changes)

    def carried_out(self, policies: Sequence[Policy]) -> list[Policy]:
        """The policies afterwards.

        Raises:
            PlanError: a policy is not there, or is both deleted and replaced.
        """
        after = list(policies)
        for name in self.deletions:
            gone = named(name, policies)
            after = [policy for policy in after if policy not in gone]
        for replacement in self.replacements:
            replaced = _replaced(replacement, policies)
            if replaced not in after:
                raise PlanError(
                    f"policy {replacement['id']!r} is both deleted and changed; leave one of them out"
                )
            after = [replacement if policy == replaced else policy for policy in after]
        return after

    def notes(self, policies: Sequence[Policy]) -> list[str]:
        """What replacements change beside the sessions of today's keys, a sentence each."""
        notes = []
        for new in self.replacements:
            old = _replaced(new, policies)
            lasts, lasted = new["key_expires_in"], old["key_expires_in"]
            if lasts != lasted:
                notes.append(
                    f"policy {new['id']}: key_expires_in {lasted} -> {lasts} sets the expiry of keys "
                    "created from then on; keys that exist keep theirs"
                )
            if new["org_id"] != old["org_id"]:
                notes.append(
                    f"policy {new['id']}: org_id {old['org_id']!r} -> {new['org_id']!r}; APIs of other "
                    "organisations than the policy's refuse its keys"
                )
        return notes


def named(name: str, policies: Sequence[Policy]) -> list[Policy]:
    """The policies with an id, of all organisations, or else the one with this database id.

    Raises:
        PlanError: there is none.
    """
    for member in ("id", "_id"):
        found = [policy for policy in policies if policy[member] == name]
        if found and name:
            return found
    raise PlanError(f"there is no policy {name!r}; {_advice(name, policies)}")


def _replaced(replacement: Policy, policies: Sequence[Policy]) -> Policy:
    """The policy that a replacement has the id of; of several organisations, that of its own.

    Raises:
        PlanError: there is none, or several of other organisations.
    """
    found = named(replacement["id"], policies)
    own = [policy for policy in found if policy["org_id"] == replacement["org_id"]]
    if len(own or found) > 1:
        raise PlanError(f"several organisations have a policy {replacement['id']!r}; give the org_id of one")
    return (own or found)[0]


def _advice(name: str, policies: Sequence[Policy]) -> str:
    ids = sorted({policy["id"] for policy in policies})
    if near := nearest(name, ids, fold=str, likeness=0.5):
        return f"did you mean {near!r}?"
    return (
        f"there are {', '.join(map(repr, ids[:10]))}{' and more' if len(ids) > 10 else ''}"
        if ids
        else "there are none"
    )
