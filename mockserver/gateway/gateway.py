"""One gateway: its configuration, its version's behaviours, its state. Handlers are given it."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Protocol

from mockserver.contract import behaviours
from mockserver.contract.openapi import Contract
from mockserver.contract.policy_codec import PolicyCodec
from mockserver.contract.versions import GatewayVersion
from mockserver.gateway.api_definition import DefinitionCodec
from mockserver.gateway.api_store import ApiStore
from mockserver.gateway.config import Config
from mockserver.gateway.jwks_cache import KeySets
from mockserver.gateway.oauth_store import OAuthStore
from mockserver.gateway.policy_store import PolicyStore
from mockserver.gateway.rate_limits import Buckets, Quotas
from mockserver.gateway.session_store import SessionCodec, SessionStore
from mockserver.service.clock import Clock
from mockserver.service.faults import Faults
from mockserver.service.journal import Journal
from mockserver.storage.backend import MemoryShelves, Shelves
from mockserver.storage.files import DirectoryFiles, Files, MemoryFiles

RELOAD, RESET = "reload", "reset"  # what gateways of a group tell each other


class Helpers(Protocol):
    """Other processes that answer for a gateway."""

    def load(self) -> None:
        """Have them load what the gateway has loaded; return when all have done it."""

    def settle(self) -> None:
        """Have them step aside while a fault is set, and go by the gateway's time."""

    def gather(self) -> None:
        """Bring what they noted into the journal."""


class Gateway:
    """All that a mock knows; one for each server.

    `directory` is the working directory that relative paths of the configuration start from.

    Attributes:
        behaviours: the ids of the rows that hold, less those in `without`.
        ready: whether policies were loaded at least once.
        order: shuffles lists, the same way in each run.
        upstreams: hosts besides this machine that APIs may be forwarded to.
        remote_control: whether /_mock/ answers other machines too.
        closing: set when it is to stop, so that no delay goes on.
        shelves: where it keeps what it shares with the other gateways of its group.
        helpers: other processes that answer for it; None where there are none.
    """

    def __init__(
        self,
        version: GatewayVersion,
        config: Config,
        *,
        directory: Path = Path(),
        without: frozenset[str] = frozenset(),
        upstreams: frozenset[str] = frozenset(),
        remote_control: bool = False,
        shelves: Shelves | None = None,
    ) -> None:
        self.version = version
        self.config = config
        self.behaviours = behaviours.load().of(version, without)
        self.contract = Contract.load(version)
        self.codec = PolicyCodec.of(self.contract)
        self.clock = Clock()
        self.faults = Faults()
        self.journal = Journal()
        self.order = random.Random(0)  # noqa: S311  an order, not a secret
        self.ready = False
        self.closing = threading.Event()
        self.upstreams = upstreams
        self.remote_control = remote_control
        self.shelves = shelves or MemoryShelves()
        self.store = PolicyStore(
            self.codec,
            _files(config, directory, self.shelves),
            behaviours=self.behaviours,
            record=_record(config, directory),
        )
        self.session_codec = SessionCodec.of(self.contract)
        self.sessions = SessionStore(self.session_codec, config, self.now, self.shelves.shelf("keys"))
        self.organisations = SessionStore(
            self.session_codec, Config(), self.now, self.shelves.shelf("organisation-keys")
        )
        self.definition_codec = DefinitionCodec.of(self.contract)
        self.apis = ApiStore(self.definition_codec, _api_files(config, directory, self.shelves))
        self.buckets = Buckets(self.now)
        self.quotas = Quotas(self.now, self.shelves)
        self.oauth = OAuthStore(self.now, self.shelves, self.sessions)
        self.key_sets = KeySets(self.now, by_url="key-sets-by-url" in self.behaviours)
        self.helpers: Helpers | None = None
        self._lock = threading.RLock()
        self._reload_due: float | None = None
        self.load()

    def now(self) -> float:
        """Seconds since the epoch, as this gateway sees them."""
        return self.clock.now()

    def reload(self) -> None:
        """Reload now: the waiting for the next tick is skipped, a queued reload is part of it."""
        with self._lock:
            self.clock.skip_to(self.clock.next_tick(self.config.reload_seconds))
            self._reload_due = None
            self.load()

    def queue_reload(self) -> None:
        """Reload at the next tick, as a real gateway does (gateway/server.go:1299 @v5.12.0)."""
        with self._lock:
            if self._reload_due is not None:
                return
            self._reload_due = self.clock.next_tick(self.config.reload_seconds)
            timer = threading.Timer(self._reload_due - self.clock.uptime(), self.catch_up)
            timer.daemon = True
            timer.start()

    def catch_up(self) -> None:
        """Do a queued reload whose tick has come."""
        if self._reload_due is None:
            return
        with self._lock:
            if self._reload_due is not None and self.clock.uptime() >= self._reload_due:
                self._reload_due = None
                self.load()

    @property
    def is_at_ease(self) -> bool:
        """Whether no fault is set and no reload is due: requests are nothing but answered."""
        due = self._reload_due
        return not self.faults and (due is None or self.clock.uptime() < due)

    def reload_group(self) -> None:
        """Have all gateways of the group reload at their next tick."""
        self.shelves.tell(RELOAD)
        self.queue_reload()

    def join_group(self) -> None:
        """Hear what other gateways of the group tell."""
        told = {RELOAD: self.queue_reload, RESET: self._start_anew}
        self.shelves.listen(lambda what: told[what](), self.closing)

    def reset(self) -> None:
        """Back to how it started, with all of its group: no policy but those on file before it wrote."""
        self._start_anew()
        self.shelves.tell(RESET)

    def _start_anew(self) -> None:
        with self._lock:
            self._reload_due = None
            self.store.put_back()
            self.apis.put_back()
            kept = (self.sessions, self.organisations, self.buckets, self.quotas, self.oauth, self.key_sets)
            for state in kept:
                state.clear()
            self.faults.clear()
            self.journal.clear()
            self.clock = Clock()
            self.load()

    def complaints(self) -> list[str]:
        """What of the files a gateway passes over, and would only say in its log."""
        return [*self.store.complaints(), *self.apis.complaints()]

    def load(self) -> None:
        """Load what is written, whatever the clock says."""
        if not self.config.policies_from_dashboard:  # there is no Dashboard that could be asked
            self.ready = self.store.reload() or self.ready
        if not self.config.use_db_app_configs:
            self.apis.reload()
            self.key_sets.keep_only(self.apis.loaded.by_id)
        if self.helpers:
            self.helpers.load()


def _files(config: Config, directory: Path, shelves: Shelves) -> Files:
    """Without policy_path a gateway writes into its working directory (gateway/api.go:1080 @v5.12.0)."""
    if config.policies__policy_path:
        return DirectoryFiles(directory / config.policies__policy_path)
    if config.policies__policy_record_name:
        return DirectoryFiles(directory, own_only=True)
    return MemoryFiles(shelves.files("policies"))


def _api_files(config: Config, directory: Path, shelves: Shelves) -> Files:
    if config.app_path:
        return DirectoryFiles(directory / config.app_path)
    return MemoryFiles(shelves.files("apis"))


def _record(config: Config, directory: Path) -> Path | None:
    if config.policies__policy_path or not config.policies__policy_record_name:
        return None
    return directory / config.policies__policy_record_name
