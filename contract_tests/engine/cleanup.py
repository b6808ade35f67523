"""Cleanup: the removal of all that one run wrote."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, groupby

from contract_tests.engine.exchange import Exchange, Request
from contract_tests.engine.names import is_shown
from contract_tests.engine.ownership import Ownership
from contract_tests.engine.resources import Resource, name_in
from contract_tests.engine.target import Target

CONNECTIONS = 4  # that deletions are sent over
MAX_BODY = 64 << 10  # bytes of the answer to a deletion
ROUNDS = 2  # of deletions and a reload
MAX_NAMED = 20  # things that are left behind, by their targets


class Cleanup:
    """The removal of all that a run wrote; `listing` is the resource whose list must be free of it then."""

    def __init__(self, target: Target, ownership: Ownership, listing: Resource) -> None:
        self._target = target
        self._ownership = ownership
        self._listing = listing
        self._needs_reload = False  # a deletion shows after the next reload only
        self._kinds: set[Resource] = set()  # of what was removed
        self._names: set[str] = set()  # of what was removed, as segments of a path
        self._left: list[str] = []  # targets that were listed after the removal
        self._is_complete = False  # the service has listed what is left

    def remove(self, *, include_last: bool = False) -> None:
        """Delete all that the run wrote, including the targets put off to the end if `include_last`.

        Raises:
            RunEnded: the service no longer answers, or the time is over.
        """
        self._target.close()  # an interrupted exchange may be left on a connection
        written = self._ownership.written(include_last=include_last)
        self._kinds |= {resource for resource, _ in written}
        self._names |= {name_in(target) for _, target in written}
        self._needs_reload |= any(resource.loaded_by_reload for resource, _ in written)
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            for _, group in groupby(written, self._ownership.rank):  # within a rank the order is free
                many = [target for _, target in group]
                parts = [many[start::CONNECTIONS] for start in range(min(CONNECTIONS, len(many)))]
                for exchange in chain.from_iterable(threads.map(self._delete, parts)):
                    self._target.record(exchange, must_fit=False)

    def finish(self) -> list[str]:
        """Delete all that the run wrote, reload, and return the targets of what is still listed.

        A service may refuse to delete what no reload has loaded yet; that is deleted after this one. What
        it lists under names that the run did not give is told alone, whatever they begin with.

        Raises:
            RunEnded: as `remove`.
        """
        if self._listing.shown is not None and self._ownership.has_written:
            return self._finish_shown()
        for _ in range(ROUNDS):
            self.remove(include_last=True)
            if not self._needs_reload:
                break
            self._needs_reload = False
            self._target.reload(must_fit=False)
            self._left = [target for resource in self._loaded() for target in self._still_listed(resource)]
            self._ownership.note(target for target in self._left if name_in(target) in self._names)
        return self._left

    def _loaded(self) -> list[Resource]:
        """The resources that a reload loads, of the groups that the run wrote to."""
        groups = {resource.paths for resource in self._kinds}
        return [row for row in self._ownership.resources if row.loaded_by_reload and row.paths in groups]

    def _still_listed(self, resource: Resource) -> list[str]:
        """The targets of the run's things that a resource lists."""
        try:
            names = list(resource.listed(lambda target: self._send("GET", target).json))
        except ValueError:
            return []  # it does not list, of which the tests tell
        return [resource.target(name, self._ownership.run) for name in names if self._ownership.owns(name)]

    def _finish_shown(self) -> list[str]:
        """As `finish`, where the service chooses ids: a lost answer did not tell one, but the list does."""
        for thing_id, name in self._own_things():
            if self._ownership.knows(thing_id) or self._is_shown(thing_id, name):
                self._ownership.adopt(self._listing, thing_id, name)
        self.remove(include_last=True)
        left = [self._listing.target(thing_id, self._ownership.run) for thing_id, _ in self._own_things()]
        self._is_complete = True
        return left

    def _is_shown(self, thing_id: str, name: str) -> bool:
        """True if the service, asked for an id of its list, shows the thing with this id and this name.

        A list alone may be spoiled, and name a thing of others like one of the run.
        """
        target = self._listing.target(thing_id, self._ownership.run)
        return is_shown(self._send("GET", target).json, thing_id, name)

    def _own_things(self) -> list[tuple[str, str]]:
        """The listed things with names of the run; none if the service does not list."""
        try:
            things = list(self._listing.things(lambda target: self._send("GET", target).json))
        except ValueError:
            return []
        return [(thing_id, name) for thing_id, name in things if self._ownership.owns(name)]

    def remains(self) -> list[str]:
        """The targets of what is left behind if the clean-up cannot go on, the first of many, and a note."""
        written = [target for _, target in self._ownership.written()]
        named, more = written[:MAX_NAMED], len(written) - MAX_NAMED
        if more > 0:
            named.append(f"{more} more whose names begin with {self._ownership.run}")
        if not written and self._needs_reload:
            named.append(f"{self._ownership.run}..., which the next reload removes")
        may_be_unnamed = self._listing.shown is not None and self._ownership.has_written
        if may_be_unnamed and not self._is_complete:
            named.append(f"any {self._listing.kind} {self._ownership.run}... whose creation was not answered")
        return named

    def _send(self, method: str, target: str) -> Exchange:
        """Send a request, which needs no room in the log."""
        return self._target.record(self._target.ask(Request(method, target)), must_fit=False)

    def _delete(self, targets: Iterable[str]) -> list[Exchange]:
        """Delete one after the other, over a connection of its own that reads no long answers."""
        exchanges = []
        with self._target.new_client(MAX_BODY) as client:
            for target in targets:
                exchanges.append(exchange := self._target.ask(Request("DELETE", target), client))
                if exchange.answer is not None:
                    self._ownership.forget([target])
        return exchanges
