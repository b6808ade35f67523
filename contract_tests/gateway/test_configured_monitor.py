"""Quotas that a gateway tells a webhook about, or that it counts otherwise, under its settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from contract_tests.engine.checks import TWICE, Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, NotApplicable, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import call, expect_passed, write_api, write_key
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS
from contract_tests.gateway.test_organisation_limits import write_apis, write_organisation
from mockserver.http.echo_server import Echo
from mockserver.http.messages import Reply

QUOTA = 4  # requests, so that each takes a quarter
TOLD_WITHIN = 5  # seconds in which a message must come
FREE_WITHIN = 10  # seconds in which the port of the webhook must be free
OWN_LIMIT = 20  # per cent, which the first request reaches


class Webhook:
    """The server that the gateway tells."""

    def __init__(self, gateway: Gateway, echo: Echo, target: str) -> None:
        self._gateway, self._echo, self._target = gateway, echo, target
        self.limit = gateway.setting("monitor.global_trigger_limit")

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All messages so far."""
        return [json.loads(body) for body in list(self._echo.bodies.get(self._target, []))]

    def expect(self, org_id: str, key: str, limit: float) -> None:
        """Expect a message in time, and no other one of that organisation and key.

        Requests at one time may be told of twice (gateway/event_handler_webhooks.go:279 @v5.12.0).
        """
        message = {"event": "TriggerExceeded", "message": "Quota trigger reached"}
        message |= {"org": org_id, "key": key, "trigger_limit": str(int(limit))}
        probe = self._gateway.run.service.probe
        self._gateway.read_until(probe, TOLD_WITHIN, lambda _: message in self.messages, headers=[])
        self.expect_only(org_id, key, [message])

    def expect_only(self, org_id: str, key: str, messages: list[dict[str, Any]]) -> None:
        """Expect these messages alone of an organisation and a key so far."""
        actual = [each for each in self.messages if (each.get("org"), each.get("key")) == (org_id, key)]
        if (actual and [actual[0]]) != messages or any(each not in messages for each in actual):
            raise Mismatch(f"the webhook is told {messages}", str(actual), self._gateway.exchanges[-1])


@contextmanager
def _webhook(gateway: Gateway) -> Iterator[Webhook]:
    """The server at `monitor.configuration.target_path`.

    Raises:
        NotApplicable: the URL is none of a free port of this machine, or its limits cannot be reached in steps.
    """
    parts = urlsplit(gateway.setting("monitor.configuration.target_path"))
    if parts.hostname != "127.0.0.1" or parts.scheme != "http" or not gateway.upstream.url:
        raise NotApplicable("the webhook of the gateway is none that the suite can be")
    if not 100 / QUOTA < gateway.setting("monitor.global_trigger_limit") <= 100:
        raise NotApplicable(f"global_trigger_limit is not between {100 // QUOTA} and 100")
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    echo = _server(gateway, parts.port or 80)
    echo.answers[target] = Reply(b"{}")
    with echo:
        yield Webhook(gateway, echo, target)


def _server(gateway: Gateway, port: int) -> Echo:
    """A server at a port, which another test may have for a while.

    Raises:
        NotApplicable: the port does not become free.
    """
    servers = []

    def is_bound(_: Exchange) -> bool:
        with suppress(OSError):
            servers.append(Echo(port=port))
        return bool(servers)

    gateway.read_until(gateway.run.service.probe, FREE_WITHIN, is_bound, headers=[])
    if not servers:
        raise NotApplicable(f"the port {port} of the webhook is taken")
    return servers[0]


@behaviour("quotas-may-be-told", waits=True)
def test_the_quota_of_a_key_is_told(gateway: Gateway) -> Steps:
    """The webhook is told when a request uses a quota to the limit of the gateway, or of the key, and not before."""
    api = write_api(gateway)
    yield RELOAD

    quota = {"quota_max": QUOTA, "quota_renewal_rate": 3600}
    rights = {"access_rights": api.rights, "rate": 1000, "per": 60}
    limited = {api.id: {**api.rights[api.id], "limit": {**quota, "rate": 1000, "per": 60}}}
    with _webhook(gateway) as webhook:
        unused, used = (write_key(gateway, api, **rights, **quota) for _ in TWICE)
        own = write_key(gateway, api, **rights, **quota, monitor={"trigger_limits": [OWN_LIMIT]})
        right = write_key(gateway, api, **{**rights, "access_rights": limited}, quota_max=-1)
        for key in (unused, own):
            expect_passed(call(gateway, api, key))
        webhook.expect(api.org_id, own, OWN_LIMIT)
        for key in (used, right):
            for _ in range(QUOTA):
                expect_passed(call(gateway, api, key))
            webhook.expect(api.org_id, key, webhook.limit)
        webhook.expect_only(api.org_id, unused, [])


@behaviour("organisation-quotas-may-be-told", waits=True)
def test_the_quota_of_an_organisation_is_told(gateway: Gateway) -> Steps:
    """The webhook is told when a request uses the quota of an organisation to the limit of the gateway, and not before."""
    api, other = write_apis(gateway)
    yield RELOAD

    with _webhook(gateway) as webhook:
        for each in (api, other):
            write_organisation(gateway, each, quota_max=QUOTA, quota_renewal_rate=3600)
        expect_passed(call(gateway, other))
        for _ in range(QUOTA):
            expect_passed(call(gateway, api))
        webhook.expect(api.org_id, "", webhook.limit)
        webhook.expect_only(other.org_id, "", [])


@behaviour("allowances-may-be-counted")
def test_an_allowance_is_counted(gateway: Gateway) -> Steps:
    """A request that a quota counts takes one from the allowance of its key, and one to an API with disable_quota none."""
    apis = [write_api(gateway), write_api(gateway, disable_quota=True)]
    yield RELOAD

    rights = {"access_rights": {name: right for api in apis for name, right in api.rights.items()}}
    key = write_key(gateway, apis[0], **rights, allowance=9, rate=1000, per=60, quota_max=100)
    for api, allowance in ((apis[0], 8), (apis[0], 7), (apis[1], 7), (apis[0], 6)):
        expect_passed(call(gateway, api, key))
        exchange = gateway.send("GET", f"{KEYS}/{key}?org_id={api.org_id}")
        if exchange.document.get("allowance") != allowance:
            raise Mismatch(f"the allowance {allowance}", shorten(exchange.text, 600), exchange)
