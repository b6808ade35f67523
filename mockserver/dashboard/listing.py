"""Lists of policies: filters, order and pages, for REST and GraphQL alike."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mockserver.dashboard.object_ids import is_object_id
from mockserver.dashboard.policy_states import state_of
from mockserver.dashboard.records import Document
from mockserver.dashboard.replies import Refusal

T = TypeVar("T")
_INT64 = re.compile("-?[0-9]{1,18}")
SORTS = ("date_created", "name", "state")


@dataclass(frozen=True)
class Criteria:
    """The criteria of a search; a policy must fit each that is set.

    Attributes:
        text: an id, which fits that policy alone, or a part of names, in any case of letters.
        policy_ids: database ids, one of which must fit; a database id in `text` is then ignored.
        active: True for active policies only.
        state: a state.
        api_ids: ids of APIs, one of which the policy must grant.
        auth_type: an auth_type.
        sort: the member to sort by, one of `SORTS`; "" for the order of creation.

    Raises:
        Refusal: one of `policy_ids` is no database id (400).
    """

    text: str = ""
    policy_ids: tuple[str, ...] = ()
    active: bool = False
    state: str = ""
    api_ids: tuple[str, ...] = ()
    auth_type: str = ""
    sort: str = ""

    def __post_init__(self) -> None:
        if not all(map(is_object_id, self.policy_ids)):
            raise Refusal("Policy ID is not in hex format.", 400)

    def select(self, policies: Iterable[Document], auth_type_of: Callable[[Document], str]) -> list[Document]:
        """The stored policies that fit, in order; an exact name comes before names that contain the text.

        `auth_type_of` returns the auth_type of a policy, and is called only if it is a criterion.
        """
        fitting = [policy for policy in policies if self._fits(policy)]
        if self.auth_type:
            fitting = [policy for policy in fitting if auth_type_of(policy) == self.auth_type]
        text = self.text
        if self.policy_ids:
            fitting = [policy for policy in fitting if policy["_id"] in self.policy_ids]
            text = "" if is_object_id(text) else text
        for member in ("_id", "id"):
            if text and (same := [policy for policy in fitting if policy[member] == text]):
                fitting = same
                break
        else:
            fitting = [policy for policy in fitting if text.lower() in policy["name"].lower()]
        if self.sort in SORTS:
            fitting.sort(key=lambda policy: _sort_key(policy, self.sort))
        if self.text:
            fitting.sort(key=lambda policy: policy["name"] != self.text)
        return fitting

    def _fits(self, policy: Document) -> bool:
        return (
            (not self.active or policy["active"])
            and self.state in ("", state_of(policy))
            and (not self.api_ids or any(name in policy["access_rights"] for name in self.api_ids))
        )


def _sort_key(policy: Document, member: str) -> str:
    """The text that a policy is sorted by; times lack zeros at their ends, so that the Z would count."""
    if member == "state":
        return state_of(policy)
    text = str(policy[member])
    return text.removesuffix("Z") if member == "date_created" else text


@dataclass(frozen=True)
class Paging:
    """A page of a list.

    Attributes:
        page: the number of the page, from 1; 0 is the first page too, and a negative number asks for all.
        size: the number of items of a page.
    """

    page: int = 1
    size: int = 10

    @classmethod
    def of(cls, text: str, size: int) -> Paging:
        """The page that the query parameter `p` names; a text that is no number names the first."""
        return cls(int(text) if _INT64.fullmatch(text) else 1, max(1, size))

    def select(self, items: Sequence[T]) -> list[T]:
        """The items of the page; none beyond the last page."""
        if self.page < 0:
            return list(items)
        start = (max(self.page, 1) - 1) * self.size
        return list(items[start : start + self.size])

    def pages(self, count: int) -> int:
        """The number of pages of a list of `count` items, at least 1; -1 if all were asked for."""
        return -1 if self.page < 0 else max(1, math.ceil(count / self.size))
