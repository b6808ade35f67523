"""The names of a run that records a Dashboard, and what it may write there.

Requests of scenarios have variables: ${RUN} begins each name, ${ID1} to ${ID9} are database ids, ${ORG} is
the organisation of the key, ${KEY} the key, ${WRONG} a key that nobody has, and ${ADMIN} the admin secret.
A recording has the variables in its requests, and in its answers the values of `STANDING`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, Protocol

STANDING = {
    "RUN": "tyk-contract-00000000-",
    "ORG": "00000000000000000000000a",
    **{f"ID{number}": f"7c0a57ac00000000000{number}0000" for number in range(1, 10)},
}
_LISTS = {"Data": "name", "users": "email_address"}  # the lists of answers, and what names their items


class Run(Protocol):
    """A run: the names that it gives, and the things that it may write."""

    @property
    def names(self) -> Mapping[str, str]:
        """The values of RUN and ID1 to ID9."""

    def check(self, method: str, target: str, body: bytes | None) -> None:
        """Check a request before it is sent.

        Raises:
            RecorderError: it could change a thing that is not of this run.
        """

    def adopt(self, path: str, thing_id: str, shown: str) -> None:
        """Count an id that the Dashboard gave to a thing as one of the run; `shown` is the thing's name.

        Raises:
            RecorderError: the thing is not of this run.
        """

    def clean(self) -> None:
        """Remove all that the run wrote."""


def variables_of(names: Mapping[str, str], *, key: str, admin_secret: str) -> dict[str, str]:
    """The variables of a run with names, which are those of `Run.names` and ORG."""
    return {
        **names, "KEY": key, "ADMIN": admin_secret, "WRONG": "0" * 32, "NONE": f"{names['RUN']}none",
    }  # fmt: skip


def items_of_others(document: Any, run: str) -> list[tuple[list[Any], Any]]:
    """The items of the lists in an answer that are not of the run, each with the list that has it."""
    if not isinstance(document, dict):
        return []
    lists = [
        (document[name], member) for name, member in _LISTS.items() if isinstance(document.get(name), list)
    ]
    return list(
        itertools.chain.from_iterable(
            [(items, item) for item in items if not _is_of(run, item, member)] for items, member in lists
        )
    )


def _is_of(run: str, item: Any, member: str) -> bool:
    return isinstance(item, dict) and str(item.get(member, "")).startswith(run)
