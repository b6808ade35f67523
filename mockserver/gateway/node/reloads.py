"""The reloads of a node: policies, then APIs, then client IdPs, one reload at a time.

Source: gateway/server.go:1268 and gateway/dashboard_recovery.go:31 @v5.14.0; recordings node/*.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from mockserver.contract.codecs import Malformed
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.node.dashboard_client import APIS, CLIENT_IDPS, POLICIES, DashboardClient
from mockserver.gateway.node.lists import NONCE, CutOff, apis_of, policies_of
from mockserver.gateway.source import ReloadHangs
from mockserver.http.client import ClientError, TimedOut

HANG = (
    "%s: the gateway registers again during the reload, which then never ends, and neither does any later "
    "one, as on a real gateway; restart the gateway"
)
_NONCE_TEXTS = (b"Nonce failed", b"nonce", b"No node ID Found")
LOG = logging.getLogger("tyk-contract")


class _PullFailed(Exception):
    """A list that was not delivered; the message tells why."""


class Reloads:
    """The reloads of one node.

    Args:
        gateway: the gateway that loads.
        client: the client of its Dashboard.
        registers: True if APIs come from the Dashboard too.
        recovers: registers again during a reload; True if the request can be repeated, and ReloadHangs if the
            registration itself reloads, now or later.
        tell: notes a failure, or "" for a success.

    Attributes:
        hang: why no reload ends any more; "" if they end.
        seconds: the time that the last reload took.
        is_over: True if the node has begun anew, so that these reloads ask for no more lists.
        changes: the count of changes that the last list of policies included, of a Dashboard of ours.
    """

    def __init__(
        self,
        gateway: Gateway,
        client: DashboardClient,
        recovers: Callable[[], bool],
        tell: Callable[[str], None],
        *,
        registers: bool,
    ) -> None:
        self._gateway = gateway
        self._client = client
        self._registers = registers
        self._recovers = recovers
        self._tell = tell
        self._lock = threading.Lock()  # never released by a reload that hangs
        self.hang = ""
        self.changes = ""
        self.seconds = 0.0
        self.is_over = False

    def load(self, begun: Callable[[], None] = lambda: None) -> bool:
        """Reload; `begun` is called when no other reload is in progress any more. True if that succeeded."""
        while not self._lock.acquire(timeout=0.1):
            if self.hang:
                return False
        begun()
        started = time.monotonic()
        try:
            self._pull_all()
        except _PullFailed as error:
            self._tell(f"gives no list ({error}); what was loaded stays")
            return False
        except ReloadHangs:
            return False
        finally:
            self.seconds = time.monotonic() - started
            if not self.hang:
                self._lock.release()
        self._tell("")
        self._gateway.ready = True
        self._gateway.log_load()
        return True

    def pull_client_idps(self) -> None:
        """Ask for the client IdPs, whose failure is only a warning (gateway/idp_registry.go:203 @v5.14.0)."""
        try:
            self._pull(CLIENT_IDPS, lambda body: (None, NONCE.decode(body)["Nonce"]))
        except _PullFailed as error:
            LOG.warning("the Dashboard at %s gives no client IdPs: %s", self._client.url, error)

    def _pull_all(self) -> None:
        """Pull and load everything.

        Raises:
            _PullFailed: a list was not delivered; what was loaded before it is in use.
            ReloadHangs: the recovery of a lost session waits for the reload, which waits for it.
        """
        gateway, config = self._gateway, self._gateway.config
        policies, self.changes = self._pull(
            POLICIES, lambda body: policies_of(body, gateway.codec, gateway.behaviours)
        )
        if not policies and (count := len(gateway.store.loaded.listed)):
            LOG.warning(
                "the Dashboard at %s gave no policies: %d are dropped", self._client.policies_url, count
            )
        gateway.store.load(policies)
        if not self._registers:
            gateway.load_apis()
            return
        segmented, tags = config.db_app_conf_options__node_is_segmented, config.db_app_conf_options__tags
        apis, _ = self._pull(
            APIS, lambda body: apis_of(body, gateway.apis.codec, segmented=segmented, tags=tags)
        )
        had_apis = bool(gateway.apis.loaded.by_id)
        gateway.load_apis(apis)
        if (apis or had_apis) and "node-pulls-client-idps" in gateway.behaviours:
            self.pull_client_idps()

    def _pull(
        self, path: str, read: Callable[[bytes], tuple[Any, str]], *, may_repeat: bool = True
    ) -> tuple[Any, str]:
        """A list, and the count of changes that it includes.

        Raises:
            _PullFailed: it was not delivered, or cannot be read.
            ReloadHangs: as for `_pull_all`.
        """
        if self.is_over:
            raise _PullFailed("the gateway has begun anew")
        lost, reason = "", ""  # why the node would have to register again, and why there is no list
        try:
            answer = self._client.pull(path)
            if answer.status != 200:
                reason = f"{path}: {answer.status} {answer.excerpt}"
                is_of_nonce = any(text in answer.body for text in _NONCE_TEXTS)
                lost = reason if answer.status == 403 and is_of_nonce else ""
            else:
                items, self._client.nonce = read(answer.body)
        except ClientError as error:
            reason = f"{path}: {error}"
            lost = "" if isinstance(error, TimedOut) else reason
        except Malformed as error:
            reason = f"{path}: {error}"
            lost = reason if isinstance(error, CutOff) else ""
        if not reason:
            return items, answer.changes
        if lost and may_repeat and self._registers:
            try:
                if self._recovers():
                    return self._pull(path, read, may_repeat=False)
            except ReloadHangs:
                self.hang = HANG % lost
                LOG.warning("%s", self.hang)
                raise
        raise _PullFailed(reason)
