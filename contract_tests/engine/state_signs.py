"""What a probe of the state of a service saw, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class StateSigns:
    """What the probe saw, in numbers of things.

    Attributes:
        created, updated, deleted: writes that were answered as done.
        lost: by the kind of write: those that never showed.
        seconds: until all that was kept was shown; 0 if it was at once.
        alternates: True if one read was answered in two ways by turns.
        never_settles: True if it still was at the end.
        stale_if_read: things that were stale after a change, of those that had been read before.
        stale_if_not_read: of those that had not.
        denies_unknown: True if the second DELETE of a thing is refused, as it is known to be gone.
        loads: True if all reloads were answered with 200.
        other_ids: different ids that answers to writes named instead of the one that was sent.
        early: things that could be read before they were loaded; 0 if writes show at once by right.
        merged: of the updated ones: those that kept a member which the update left out.
        listed: things that the list was held against, as they could be read one by one.
        unlisted: of these: those that the list lacks; `listed_twice`: that it has twice.
        forgotten: things that were shown after a reload, and not after the next one.
        vanished: things that an update was done to, and that cannot be read by their ids since.
        loaded_later: of the lost updates: things that one more reload showed.
        removed_later: of the lost deletes: things that a second one removed.
        refused: writes that were answered as refused.
        refused_but_done: of these: those that were carried out.
        drops_queries: True if a query that must change an answer does not.
        list_seconds: until the list had them all, if it lacked some at first.
    """

    created: int = 0
    updated: int = 0
    deleted: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    alternates: bool = False
    never_settles: bool = False
    stale_if_read: int = 0
    stale_if_not_read: int = 0
    denies_unknown: bool = False
    loads: bool = True
    other_ids: int = 0
    early: int = 0
    merged: int = 0
    listed: int = 0
    unlisted: int = 0
    listed_twice: int = 0
    forgotten: int = 0
    vanished: int = 0
    loaded_later: int = 0
    removed_later: int = 0
    refused: int = 0
    refused_but_done: int = 0
    drops_queries: bool = False
    list_seconds: float = 0.0

    @property
    def has_odd_list(self) -> bool:
        """True if the list differed from what can be read one by one, at least at first."""
        return bool(self.unlisted or self.listed_twice or self.list_seconds)
