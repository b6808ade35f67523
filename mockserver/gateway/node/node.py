"""A gateway as a node of a Dashboard: registration, pings, and when it reloads.

Source: gateway/dashboard_register.go and gateway/server.go:2436 @v5.14.0; the recordings node/* show it for
three versions.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable

from mockserver.contract.codecs import Malformed
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.node.addresses import Addresses, addresses_of
from mockserver.gateway.node.dashboard_client import DashboardAnswer, DashboardClient
from mockserver.gateway.node.registration import (
    GIVEN_UP,
    KNOWN,
    REGISTERED,
    RETRY,
    codec_of,
    outcome_of,
    unmarshal_error,
)  # fmt: skip
from mockserver.gateway.node.reloads import Reloads
from mockserver.gateway.source import Component, ReloadHangs
from mockserver.http.client import ClientError
from mockserver.service.background import Background

RETRY_SECONDS = 5.0  # between two attempts to register
BEAT_SECONDS = 2.0  # between two pings
FIRST_BEAT_SECONDS = 0.1  # after the registration, so that the pull of policies goes first
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 60.0  # seconds between two attempts of the first load
SHORT_SECONDS = 0.1  # of a reload that may be repeated at the next tick
PAUSES = 20  # times the duration of a longer reload, until the next one for a change in the same process
CLOSING_SECONDS = 1.0  # that work in progress has at the end
RECOVERY_ATTEMPTS = 2  # of the versions that limit them to ten seconds
SILENT = "dashboard is down? Heartbeat is failing"
NOT_OK = "dashboard is down? Heartbeat non-200 response"
WAITS = (
    "the configuration names no Dashboard: the gateway waits for a NoticeDashboardZeroConf on the Redis of "
    "--store; set db_app_conf_options.connection_string to name one"
)
LOG = logging.getLogger("tyk-contract")


class Node:
    """A gateway that takes its policies from a Dashboard, and its APIs too if it registers.

    All waiting is in threads of its own. Times are those of the gateway's clock.

    Attributes:
        client: the client of the Dashboard.
        session_id: the id of the process, by which the Dashboard knows it again.
        registers: True if the node registers and takes APIs; else it pulls policies alone.
        has_news: True if a change is known whose reload is not queued yet.
        failure: why the last exchange with the Dashboard failed; "" if it did not.
    """

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.registers = gateway.config.use_db_app_configs
        self._behaviours = gateway.behaviours
        self._addresses = addresses_of(gateway.config)
        self.session_id = str(uuid.uuid4())
        self._begin()

    def _begin(self) -> None:
        gateway = self.gateway
        self.failure = ""
        self.client = DashboardClient(gateway.config, self.session_id, *self._addresses)
        self._work = Background(gateway.clock)
        self._reloads = Reloads(gateway, self.client, self._recovers, self._tell, registers=self.registers)
        self._waiting = threading.Lock()  # held while a queued reload waits to begin
        self._is_registered = False
        self._has_answer = False  # to the registration, whatever it was
        self.has_news = False
        self._health: Component | None = None
        self._changes = ""  # the count of changes that a Dashboard of ours told last

    @property
    def description(self) -> str:
        url = self.client.url or self.client.policies_url
        return f"the Dashboard at {url}" if url else "a Dashboard that a notification names"

    @property
    def last_change(self) -> int:
        """The number of the last change that is loaded, of a Dashboard of ours; 0 if it does not tell."""
        return int(self._reloads.changes) if self._reloads.changes.isdigit() else 0

    def start(self) -> None:
        """Register and load in the background; then ping for ever."""
        if not self.client.url and self.registers:
            LOG.warning("%s", WAITS)
        elif self.registers:
            self._work.run(lambda: self._register(self._registered))
            self._work.later(self.gateway.config.liveness_seconds, self._probe)
        else:
            self.queue_reload()

    def find(self, url: str) -> None:
        """Take the address of a Dashboard that the configuration does not name, and register there."""
        if not url or self.gateway.config.disable_dashboard_zeroconf or self.client.url or not self.registers:
            return
        self._addresses = Addresses(url, self._addresses.policies or url)
        self.restart()

    def reload(self) -> None:
        if not self._load() and self._reloads.hang:
            raise ReloadHangs(self._reloads.hang)

    def _load(self, begun: Callable[[], None] = lambda: None) -> bool:
        """Reload, with all changes that are known by then. True if that succeeded."""
        self.has_news = False
        return self._reloads.load(begun)

    def hear_of_change(self) -> None:
        """Queue a reload for a change that a Dashboard of ours tells, without a notification.

        A reload that takes long waits, for it takes the Dashboard's time too.
        """
        if self._reloads.seconds < SHORT_SECONDS:
            self.gateway.queue_reload()
        elif not self.has_news:
            self.has_news = True
            self._work.later(PAUSES * self._reloads.seconds, self._load_news)

    def _load_news(self) -> None:
        if self.has_news:
            self.gateway.queue_reload()

    def queue_reload(self) -> None:
        if self.registers and not self._has_answer:
            return  # for the registration is followed by a load
        if self._waiting.acquire(blocking=False):
            self._work.run(self._load_when_free)

    def refresh_client_idps(self) -> None:
        """Ask for the client IdPs, without a reload (gateway/redis_signals.go:189 @v5.14.0)."""
        if self.registers and "node-pulls-client-idps" in self._behaviours:
            self._work.run(self._reloads.pull_client_idps)

    def fetch_session(self, org_id: str, key: str) -> None:
        """None, for a Dashboard gives its nodes no keys: they are in the Redis that gateways share."""

    def health(self) -> dict[str, Component]:
        return {"dashboard": self._health} if self._health is not None else {}

    def settle(self, seconds: float) -> bool:
        return self._work.settle(seconds)

    def restart(self) -> None:
        self._work.close()
        self._reloads.is_over = True
        self._begin()
        self.start()

    def close(self) -> None:
        self._work.close()
        self._work.settle(CLOSING_SECONDS)
        self._reloads.is_over = True
        if self._is_registered and not self._reloads.hang:
            self._is_registered = False
            try:
                self.client.deregister()
            except ClientError as error:
                LOG.info("the Dashboard at %s was not told of the end: %s", self.client.url, error)

    def _register(self, then: Callable[[], None]) -> None:
        """Register, load, and go on; try again later while the Dashboard cannot register the node."""
        outcome = self._try_to_register()
        if outcome == RETRY:
            self._work.later(RETRY_SECONDS, lambda: self._register(then))
            return
        self._has_answer = True
        if outcome == REGISTERED:
            self._load_first(then)
        else:
            then()

    def _try_to_register(self) -> str:
        """One attempt to register; the outcome is one of those of `registration`."""
        try:
            answer = self.client.register()
        except ClientError as error:
            self._tell(f"cannot be reached ({error}); trying again every {RETRY_SECONDS:g} s")
            return RETRY
        outcome, registration = outcome_of(answer.status, answer.body, self._behaviours)
        problem = {
            RETRY: f"does not register the gateway; trying again every {RETRY_SECONDS:g} s",
            GIVEN_UP: "answers the registration with something else; the gateway does not try again",
            KNOWN: "has registered the gateway before; it goes on without an id of its own",
        }.get(outcome)
        self._tell(f"{problem} ({answer.status} {answer.excerpt})" if problem else "")
        if registration is not None:
            self._is_registered = True
            self._changes = answer.changes
            self.client.node_id, self.client.nonce = registration
        return outcome

    def _registered(self) -> None:
        """Begin to ping, and load a second time, as a gateway does at its start."""
        self._work.later(FIRST_BEAT_SECONDS, self._beat)
        self._load_first(lambda: None)

    def _beat(self) -> None:
        """Ping; register again if the Dashboard does not know the node any more."""
        status, _ = self._ping()
        if status == 403:
            self._register(self._beat_later)
        else:
            self._beat_later()

    def _beat_later(self) -> None:
        self._work.later(BEAT_SECONDS, self._beat)

    def _probe(self) -> None:
        """Ping for the liveness check, which notes what it sees (gateway/health_check.go:117 @v5.14.0)."""
        status, failure = self._ping()
        is_forbidden = status == 403
        self._health = Component(is_forbidden or not failure, "" if is_forbidden else failure)
        if is_forbidden and "node-probe-does-not-register" not in self._behaviours:
            self._register(lambda: None)
        self._work.later(self.gateway.config.liveness_seconds, self._probe)

    def _ping(self) -> tuple[int, str]:
        """Ping; returns the status, 0 if there was none, and the gateway's text of a failure, or ""."""
        try:
            answer = self.client.ping()
        except ClientError as error:
            self._tell(f"does not answer ({error}); what was loaded stays")
            return 0, SILENT
        if answer.status != 200:
            self._tell(f"answers a ping with {answer.status} {answer.excerpt}")
            return answer.status, NOT_OK
        try:
            self.client.nonce = str(codec_of(self._behaviours).decode(answer.body)["Nonce"])
        except Malformed as error:
            self._tell(f"answers a ping with {answer.excerpt}: {error}")
            return 200, unmarshal_error(answer.body, self._behaviours)
        self._tell("")
        self._note_changes(answer)
        return 200, ""

    def _note_changes(self, answer: DashboardAnswer) -> None:
        """Queue a reload if a Dashboard of ours tells of a change since the last pull and the last ping."""
        if answer.changes not in (self._changes, self._reloads.changes):
            self.hear_of_change()
        self._changes = answer.changes

    def _load_first(self, then: Callable[[], None], pause: float = FIRST_PAUSE) -> None:
        """Load, and go on; some versions repeat a first load that fails."""
        is_loaded = self._load()
        if self._reloads.hang:
            return
        if is_loaded or "node-first-load-is-repeated" not in self._behaviours:
            then()
        else:
            longer = min(2 * pause, LONGEST_PAUSE)
            self._work.later(pause, lambda: self._load_first(then, longer))

    def _load_when_free(self) -> None:
        self._load(self._waiting.release)

    def _recovers(self) -> bool:
        """Register again during a reload. True if the request can be repeated.

        A registration reloads, and a reload waits for the one before it
        (gateway/dashboard_recovery.go:62, gateway/dashboard_register.go:269 @v5.14.0).

        Raises:
            ReloadHangs: the node registers, now or later, and then waits for the reload that waits for it.
        """
        has_limit = "node-recovery-has-no-limit" not in self._behaviours
        outcome = RETRY
        for _ in range(RECOVERY_ATTEMPTS if has_limit else 1):
            if outcome == RETRY:
                outcome = self._try_to_register()
        if outcome == RETRY and not has_limit:
            self._work.later(RETRY_SECONDS, self._register_in_vain)
        elif outcome != REGISTERED:
            return outcome == KNOWN
        raise ReloadHangs

    def _register_in_vain(self) -> None:
        if self._try_to_register() == RETRY:
            self._work.later(RETRY_SECONDS, self._register_in_vain)

    def _tell(self, failure: str) -> None:
        """Note why an exchange failed, and log it if that is news."""
        if failure and failure != self.failure and not self._reloads.is_over:
            LOG.warning("the Dashboard at %s %s", self.client.url or self.client.policies_url, failure)
        self.failure = failure
