"""The state of one simulated gateway, and its reloads."""

from __future__ import annotations

import contextlib
import logging
import math
import random
import threading
from collections.abc import Callable, Collection
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.contract import behaviours
from mockserver.contract.codecs import Codec
from mockserver.contract.openapi import Contract
from mockserver.contract.versions import GatewayVersion
from mockserver.gateway.api_definition import Api
from mockserver.gateway.api_store import ApiStore
from mockserver.gateway.certificates import CertificateStore
from mockserver.gateway.config import Config
from mockserver.gateway.configured_files import api_files, policy_files, record_file
from mockserver.gateway.health_counts import HealthCounts
from mockserver.gateway.introspection_cache import IntrospectionCache
from mockserver.gateway.jwks_cache import JwksCache
from mockserver.gateway.limiters import limiter_of
from mockserver.gateway.lint.file import File
from mockserver.gateway.lint.review import Review, warnings_of
from mockserver.gateway.lint.rules import Kind
from mockserver.gateway.load_log import counted
from mockserver.gateway.match_cache import MatchCache
from mockserver.gateway.oauth_store import TOKEN_SECONDS, OAuthStore
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.policy_store import PolicyStore
from mockserver.gateway.provider_keys import ProviderKeys
from mockserver.gateway.rate_limits import QuotaCounters
from mockserver.gateway.session_store import SessionStore, is_entry
from mockserver.gateway.source import ReloadHangs, Source
from mockserver.gateway.switches import SWITCHABLE
from mockserver.gateway.webhook import Webhook
from mockserver.service.clock import Alarm
from mockserver.service.mock import Mock

if TYPE_CHECKING:
    from mockserver.gateway.lint.findings import Finding

LOG = logging.getLogger("tyk-contract")
RELOAD = "reload"  # the message that makes all gateways of a group reload
CATCH_UP_SECONDS = 10.0  # that one waits for a load in progress
MOST_WAITING = 200  # exchanges with upstreams at once; fewer than a server has threads


class Gateway:
    """A simulated gateway: its configuration, the behaviours of its version, and its state.

    Relative paths in the configuration start from `directory`, the working directory of the gateway.

    Attributes:
        behaviours: the ids of the behaviours of this version, without those in `without`.
        codec: the codec of policies.
        order: the random order of lists; it is the same in each run.
        ready: True if policies were loaded at least once.
        upstreams: the hosts besides this machine to which requests may be forwarded.
        waiting: a semaphore of the exchanges with upstreams that are in progress.
        storage_is_shared: True if other gateways share the backend.
        fsync: True if a write of a file is answered when the file is on the disk.
        reload_asked_at: the time at which a reload was queued last, in seconds since the epoch.
        on_applied: called with the id of an organisation and the ids of its policies that were applied to
            the session of a request; None for nobody.
        organisations: the sessions of organisations. They are never hashed and never expire by configuration.
        refused_organisations: why the next request of an organisation is refused, or "", by its id.
        resource_metadata: the metadata of upstreams by their URLs, and until when they are kept.
        source: what feeds the gateway instead of files; None if nothing does.
    """

    def __init__(
        self,
        version: GatewayVersion,
        config: Config,
        mock: Mock | None = None,
        *,
        directory: Path = Path(),
        without: Collection[str] = (),
        upstreams: frozenset[str] = frozenset(),
        fsync: bool = False,
    ) -> None:
        mock = mock or Mock()
        self.version = version
        self.config = config
        self.behaviours = behaviours.load().of(version, without, SWITCHABLE)
        self.contract = Contract.load(version)
        self.codec = Codec.of(self.contract, "Policy")
        self.clock = mock.clock
        self.order = random.Random(0)  # noqa: S311  an order, not a secret
        self.ready = False
        self.on_applied: Callable[[str, list[str]], None] | None = None
        self.upstreams = upstreams
        self.waiting = threading.BoundedSemaphore(MOST_WAITING)
        self.storage_is_shared = mock.backend.is_shared
        self.fsync = fsync
        self.store = PolicyStore(
            self.codec,
            policy_files(config, directory, mock.backend, fsync=fsync),
            behaviours=self.behaviours,
            record=record_file(config, directory),
            now=self.now,
        )
        self.session_codec = Codec.of(self.contract, "SessionState")
        codec, of_sessions = self.session_codec, partial(is_entry, self.session_codec)
        keys, others = (mock.backend.key_values(name, of_sessions) for name in ("keys", "organisation-keys"))
        self.sessions = SessionStore(codec, config, self.now, keys)
        self.organisations = SessionStore(codec, Config(), self.now, others)
        definitions = api_files(config, directory, mock.backend, fsync=fsync)
        self.apis = ApiStore(self.contract, definitions, self.behaviours)
        self.limiter = limiter_of(config, self.now, self.behaviours)
        self.health = HealthCounts(self.now, config)
        self.refused_organisations: dict[str, str] = {}
        self.webhook = Webhook(mock.clock)
        self._probes = count()
        self.quotas = QuotaCounters(self.now, mock.backend)
        self.match_cache = MatchCache(self.now, config)
        self.oauth = OAuthStore(
            self.now, mock.backend, self.sessions, config.oauth_token_expire or TOKEN_SECONDS
        )
        self.certificates = CertificateStore(self.now, mock.backend)
        self.jwks_cache = JwksCache(self.now, by_url="key-sets-by-url" in self.behaviours)
        self.provider_keys = ProviderKeys()
        self.introspections = IntrospectionCache(self.now)
        self.resource_metadata: dict[str, tuple[Document, float]] = {}
        self._review = Review(version, allows_any_id=config.allow_unsafe_policy_ids)
        self._review_lock = threading.Lock()  # a reload and the mock's own API may ask at once
        self._has_files = bool(
            config.policies__policy_path or config.policies__policy_record_name or config.app_path
        )
        self._publish = mock.backend.publish
        self._queued: Alarm | None = None
        self.reload_asked_at = -math.inf
        self.source: Source | None = None
        mock.on(RELOAD, self.queue_reload)
        mock.on_return(self.queue_reload)  # as storage/connection_handler.go and gateway/server.go do
        self._load()

    def now(self) -> float:
        """The time of the mock's clock in seconds since the epoch."""
        return self.clock.now()

    def reload(self) -> None:
        """Reload at once: move the clock to the next tick, and complete a queued reload.

        Raises:
            ReloadHangs: the gateway has a source, and a real gateway would never end the reload.
        """
        with self.clock.lock:
            self.clock.skip_to(self.clock.next_tick(self.config.reload_seconds))
            if self._queued is not None:
                self.clock.cancel(self._queued)
            self._queued = None
            if self.source is None:
                self._load_and_warn()
        if self.source is not None:  # without the lock, for which all requests wait
            self.source.reload()

    def queue_reload(self) -> None:
        """Queue a reload for the next tick (gateway/server.go:1299 @v5.12.0)."""
        with self.clock.lock:
            self.reload_asked_at = self.now()
            if self._queued is None:
                tick = self.clock.next_tick(self.config.reload_seconds)
                self._queued = self.clock.call_at(tick, self._run_queued)

    @property
    def reload_is_queued(self) -> bool:
        """True if a reload is due at the next tick."""
        return self._queued is not None

    def reload_group(self) -> None:
        """Queue a reload in all gateways of the group, this one first.

        Raises:
            BackendUnavailable: the others cannot be told; they reload when they have the backend again.
        """
        self.queue_reload()
        self._publish(RELOAD)

    def reset(self) -> list[str]:
        """Restore the state at the start, and undo all writes of files.

        What the gateways of a group share is in the backend, which is cleared once for all of them.
        Returns a line for each file that others have changed since, and that therefore stays as it is.
        """
        self._queued = None
        self.reload_asked_at = -math.inf
        left = self.store.restore() + self.apis.restore()
        self._clear_caches()
        self.load()
        if self.source is not None:
            self.ready = False
            self.source.restart()
        return left

    def findings(self) -> list[Finding]:
        """What `tyk-contract lint` finds in the files that the last reload has read."""
        kind = Kind.RECORD if self.store.is_record else Kind.POLICY
        policies = _named(self.store.sources(), self.config.policies__policy_path, kind)
        apis = _named(self.apis.sources(), self.config.app_path, Kind.API)
        with self._review_lock:
            return self._review.findings([*policies, *apis], self.now())

    def snapshot(self) -> Callable[[], None]:
        """A function that brings back what is written and loaded now; caches and rate limits start anew."""
        parts, ready = (self.store.snapshot(), self.apis.snapshot()), self.ready

        def put_back() -> None:
            for part in parts:
                part()
            self.ready = ready
            self._clear_caches()

        return put_back

    def greets(self) -> bool:
        """True for the first probe in the gateway's life."""
        return next(self._probes) == 0

    def _clear_caches(self) -> None:
        """Clear what is kept in memory alone, rate limits included."""
        for state in (
            self.sessions, self.organisations, self.limiter, self.match_cache, self.oauth, self.jwks_cache,
            self.provider_keys, self.resource_metadata, self.refused_organisations, self.health, self.webhook,
            self.introspections,
        ):  # fmt: skip
            state.clear()

    def warnings(self) -> list[str]:
        """The warnings about files, a line each; a real gateway tells few of them, and those in its log."""
        lines = [*self.store.file_warnings(), *self.apis.files.warnings(), *warnings_of(self.findings())]
        self._review.news(lines)
        return lines

    def load(self) -> None:
        """Load the written policies and APIs, without waiting for a tick, and log it."""
        self._load()
        self.log_load()

    def _load(self) -> None:
        config = self.config
        if not (config.policies_from_dashboard or config.policies_from_control_plane):
            self.ready = (self.store.reload() or self.ready) and not config.slave_options__use_rpc
        if not (config.use_db_app_configs or config.slave_options__use_rpc):
            self.load_apis()

    def log_load(self) -> None:
        """Log what is loaded."""
        if not LOG.isEnabledFor(logging.INFO):
            return
        policies, apis = list(self.store.loaded.by_id), list(self.apis.loaded.by_id)
        LOG.info("loaded %s; %s", counted("policy", "policies", policies), counted("API", "APIs", apis))

    def load_apis(self, apis: list[Api] | None = None) -> None:
        """Load the written APIs, or those that a source has."""
        if apis is None:
            self.apis.reload()
        else:
            self.apis.replace(apis)
        self.jwks_cache.keep_only(self.apis.loaded.by_id)

    def catch_up(self) -> None:
        """Complete a queued reload, and a load of the source that is in progress."""
        if self.source is None:
            return
        self.source.settle(CATCH_UP_SECONDS)  # a registration loads first
        if self._queued is not None or self.source.has_news:
            with contextlib.suppress(ReloadHangs):
                self.reload()
        self.source.settle(CATCH_UP_SECONDS)

    def _run_queued(self) -> None:
        self._queued = None
        if self.source is None:
            self._load_and_warn()
        else:
            self.source.queue_reload()

    def _load_and_warn(self) -> None:
        """Load the written policies and APIs, and log the warnings about files that are new."""
        self.load()
        if self._has_files:  # else the mock has written all, and has judged it as requests
            for line in self._review.news([*self.store.file_warnings(), *warnings_of(self.findings())]):
                LOG.warning("%s", line)


def _named(sources: list[tuple[str, bytes]], folder: str, kind: Kind) -> list[File]:
    """The files of a folder to lint."""
    return [File(str(Path(folder) / name), text, kind) for name, text in sources]
