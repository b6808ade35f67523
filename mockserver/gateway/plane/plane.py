"""A gateway as a data plane: login, loading, the long poll, keys, and what it does without its control plane.

Source: rpc/rpc_client.go, gateway/rpc_storage_handler.go:600 and gateway/server.go:1441 @v5.14.0.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from mockserver.contract.codecs import Malformed
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.node.lists import bare_apis_of, bare_policies_of
from mockserver.gateway.plane.backup import APIS, POLICIES, Backup, name_of
from mockserver.gateway.plane.control_client import DENIED, KEEP_ALIVE_SECONDS, ControlClient
from mockserver.gateway.plane.plane_keys import PlaneKeys
from mockserver.gateway.source import Component
from mockserver.golang.rpc.errors import CallError, CallRefused, CallTimedOut
from mockserver.http.redaction import hidden
from mockserver.service.background import Background
from mockserver.storage.backend import BackendUnavailable

KEY_SECONDS = 10.0  # between two questions for changed keys, if the configuration has no other number
PAUSE = 1.0  # seconds after a long poll that failed
NO_LOGIN = "Could not connect to RPC"
LONGEST_REASON = 200  # characters of what a control plane says, in the log
LOG = logging.getLogger("tyk-contract")


class Plane:
    """A gateway that takes its policies, APIs and keys from a control plane.

    Attributes:
        client: the client of the control plane.
        is_cut_off: True if the last login failed: the gateway then loads from its backup alone, and asks for
            no keys ("emergency mode").
    """

    has_news = False  # a change is told by the long poll, which queues a reload

    def __init__(self, gateway: Gateway, backup: Backup, closing: threading.Event) -> None:
        self.gateway = gateway
        self._backup = backup
        self._closing = closing
        self._begin()

    def _begin(self) -> None:
        self.client = ControlClient(self.gateway)
        self.is_cut_off = False
        self._keys = PlaneKeys(self.gateway, self.client)
        self._work = Background(self.gateway.clock)
        self._ended = threading.Event()
        self._reloading = threading.Lock()
        self._waiting = threading.Lock()  # held while a queued reload waits to begin
        self._health: Component | None = None

    @property
    def description(self) -> str:
        host, port = self.client.address
        return f"the control plane at {host}:{port}"

    def start(self) -> None:
        """Log in and load in the background, then wait for changes."""
        self._work.run(self._start)
        self._work.later(self.gateway.config.liveness_seconds, self._probe)

    def reload(self) -> None:
        with self._reloading:
            self._load()

    def queue_reload(self) -> None:
        if self._waiting.acquire(blocking=False):
            self._work.run(self._reload_when_free)

    def fetch_session(self, org_id: str, key: str) -> tuple[str, dict[str, object]] | None:
        return None if self.is_cut_off else self._keys.fetch(org_id, key)

    def health(self) -> dict[str, Component]:
        return {"rpc": self._health} if self._health is not None else {}

    def settle(self, seconds: float) -> bool:
        return self._work.settle(seconds)

    def restart(self) -> None:
        self._end(self.client.close)
        self._begin()
        self.start()

    def close(self) -> None:
        if not self._ended.is_set():
            self._end(self.client.close if self.is_cut_off else self.client.disconnect)

    def _end(self, leave: Callable[[], None]) -> None:
        self._work.close()
        self._ended.set()
        leave()

    def _start(self) -> None:
        self._login()
        self.reload()
        polls = [self._poll_reloads]
        if "node-pulls-client-idps" in self.gateway.behaviours:
            polls.append(self._poll_idps)
        for poll in polls:
            threading.Thread(target=poll, name="tyk-contract-plane", daemon=True).start()
        self._work.run(self._keep_alive)
        if not self.gateway.config.slave_options__disable_keyspace_sync:
            self._work.run(self._ask_for_keys)

    def _login(self) -> bool:
        """Log in. True if the control plane let the gateway in; then one that was cut off reloads."""
        try:
            reason = "" if self.client.login() else "the control plane refuses the api_key"
        except CallError as error:
            reason = hidden(str(error), self.gateway.config.slave_options__api_key)[:LONGEST_REASON]
        was_cut_off, self.is_cut_off = self.is_cut_off, bool(reason)
        host, port = self.client.address
        if reason and not was_cut_off:
            LOG.warning("the control plane at %s:%d: %s; what was loaded stays", host, port, reason)
        if was_cut_off and not reason:
            LOG.warning("the control plane at %s:%d is back", host, port)
            self.queue_reload()
        return not reason

    def _probe(self) -> None:
        """Log in again for the liveness check (gateway/health_check.go:149 @v5.14.0)."""
        passes = self._login()
        self._health = Component(passes, "" if passes else NO_LOGIN)
        self._work.later(self.gateway.config.liveness_seconds, self._probe)

    def _keep_alive(self) -> None:
        self._try(self.client.keep_alive)
        self._work.later(KEEP_ALIVE_SECONDS, self._keep_alive)

    def _ask_for_keys(self) -> None:
        self._try(self._keys.update)
        interval = self.gateway.config.slave_options__key_space_sync_interval or KEY_SECONDS
        self._work.later(interval, self._ask_for_keys)

    def _poll_reloads(self) -> None:
        self._poll(self._reload_if_due)

    def _poll_idps(self) -> None:
        self._poll(self.client.idp_changes)

    def _reload_if_due(self) -> None:
        if self.client.is_reload_due():
            try:
                self.gateway.reload_group()  # by its own Redis, for all gateways of the plane
            except BackendUnavailable as error:
                LOG.warning("%s; the others of its group reload when it is back", error)

    def _poll(self, ask: Callable[[], None]) -> None:
        """Ask again and again until the end; a control plane that forgot the gateway is told its name."""
        while not (self._closing.is_set() or self._ended.is_set()):
            try:
                ask()
            except CallTimedOut:  # a long poll without news
                continue
            except CallRefused as error:
                if str(error) == DENIED:
                    self._login()
                self._ended.wait(PAUSE)
            except CallError:
                self._ended.wait(PAUSE)

    def _try(self, call: Callable[[], None]) -> None:
        """Make a call whose failure the next login tells; one for which the Redis is away is made again."""
        try:
            call()
        except CallError as error:
            LOG.debug("%s", error)
        except BackendUnavailable as error:
            LOG.warning("%s; changed keys are fetched later", error)

    def _reload_when_free(self) -> None:
        with self._reloading:
            self._waiting.release()
            self._load()

    def _load(self) -> None:
        """Load policies, then APIs, then client IdPs; from the backup if the control plane gives none."""
        gateway, config = self.gateway, self.gateway.config
        segmented, tags = config.db_app_conf_options__node_is_segmented, config.db_app_conf_options__tags
        if config.policies_from_control_plane and not self._take(
            POLICIES,
            self.client.policies,
            lambda text: gateway.store.load(bare_policies_of(text, gateway.codec)),
        ):
            return
        if not config.policies_from_control_plane:
            gateway.store.reload()
        if not self._take(
            APIS,
            self.client.apis,
            lambda text: gateway.load_apis(
                bare_apis_of(text, gateway.apis.codec, segmented=segmented, tags=tags)
            ),
        ):
            return
        if not self.is_cut_off and "node-pulls-client-idps" in gateway.behaviours:
            self._try(lambda: _drop(self.client.client_idps()))
        gateway.ready = True
        gateway.log_load()

    def _take(self, kind: str, ask: Callable[[], str], load: Callable[[str], None]) -> bool:
        """Load a list, and back it up if it is new (gateway/server.go:1441 @v5.14.0). True on success."""
        name = name_of(kind, self.gateway.config.db_app_conf_options__tags)
        text = "" if self.is_cut_off else self._asked(ask)
        is_new = bool(text)
        if not text:
            self.is_cut_off = True
            text = self._backup.load(name)
        if not text:
            LOG.warning("there is no backup of the %s either; what was loaded stays", kind.split("-")[1])
            return False
        try:
            load(text)
        except Malformed as error:
            LOG.warning("the list of the control plane cannot be read: %s; what was loaded stays", error)
            return False
        if is_new:
            self._backup.save(name, text)
        return True

    def _asked(self, ask: Callable[[], str]) -> str:
        try:
            return ask()
        except CallError as error:
            LOG.warning("the control plane gives no list: %s", error)
            return ""


def _drop(_: str) -> None:
    """Drop what was asked for only because a real gateway asks for it."""
