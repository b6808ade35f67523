"""The names of a run that records a Dashboard, and what it may write there.

Requests of scenarios have variables: ${RUN} begins each name, ${ID1} to ${ID9} are database ids, ${ORG} is
the organisation of the key, ${KEY} the key, ${WRONG} a key that nobody has, and ${ADMIN} the admin secret.
A recording has the variables in its requests, and in its answers the values of `STANDING`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from mockserver.http.client import Answer

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


def without_others(answer: Answer, run: str) -> tuple[Answer, list[str]]:
    """The answer without the items of lists that are not of the run, and the marks of what that changed."""
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return answer, []
    if not isinstance(document, dict):
        return answer, []
    own = {
        member: [item for item in document[member] if _is_of(run, item, name)]
        for member, name in _LISTS.items()
        if isinstance(document.get(member), list)
    }
    if all(len(items) == len(document[member]) for member, items in own.items()):
        return answer, []
    text = json.dumps({**document, **own}, ensure_ascii=False, separators=(",", ":")) + "\n"
    return Answer.of(answer.status, answer.headers, text.encode()), ["/Pages", "/pages"]


def _is_of(run: str, item: Any, member: str) -> bool:
    return isinstance(item, dict) and str(item.get(member, "")).startswith(run)
