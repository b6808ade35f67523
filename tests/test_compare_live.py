"""`tyk-contract compare` with two live services: the same requests, and nothing left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from serving import run_command

from contract_tests.engine.exchange import Request
from contract_tests.engine.ownership import Ownership, UnsafeRequest
from contract_tests.engine.run import Run
from contract_tests.engine.run_options import RunOptions
from contract_tests.gateway.service import GATEWAY
from mockserver import MockDashboard, MockGateway
from mockserver.cli.comparison.difference import Comparison
from mockserver.cli.comparison.live import LiveComparison
from mockserver.cli.comparison.script import parts, scenarios_for
from mockserver.contract.versions import GatewayVersion
from mockserver.http.client import Client

pytestmark = pytest.mark.slow  # whole comparisons

MINE = {"id": "mine", "name": "Mine", "rate": 7}


@contextmanager
def _gateways(*versions: str) -> Iterator[list[MockGateway]]:
    """Mocks with one secret each, on which others have a policy."""
    with ExitStack() as stack:
        gateways = [
            stack.enter_context(MockGateway(gateway=version, secret=f"secret-of-{place}"))
            for place, version in enumerate(versions)
        ]
        for gateway in gateways:
            gateway.policies.seed(MINE)
        yield gateways


def _compared(gateways: list[MockGateway], *prefixes: str) -> Comparison:
    """The comparison of mocks whose clocks are advanced where a scenario waits."""
    runs = [
        Run.open(
            GATEWAY,
            RunOptions(url=gateway.url, secret=gateway.secret),
            GATEWAY.contract(GatewayVersion.parse(gateway.gateway.version)),
        )
        for gateway in gateways
    ]

    def sleep(seconds: float) -> None:
        for gateway in gateways:
            gateway.advance(seconds)

    variables = [{"SECRET": gateway.secret} for gateway in gateways]
    return LiveComparison(runs, variables, prefixes, sleep).compare()


def test_two_of_one_version_are_the_same() -> None:
    """Two gateways of one version have no difference, and have afterwards what they had before."""
    with _gateways("5.12", "5.12") as gateways:
        comparison = _compared(gateways)
        assert comparison.differences == ()
        assert comparison.compared > 500
        for gateway in gateways:
            assert list(gateway.policies.written) == ["mine"]
            assert gateway.policies["mine"]["rate"] == 7
            with Client(gateway.url) as client:
                keys = client.send("GET", "/tyk/keys", [("X-Tyk-Authorization", gateway.secret)])
            assert keys.body == b'{"keys":[]}\n'


def test_a_difference_of_versions_has_one_line() -> None:
    """What another version does otherwise in many exchanges is one difference, with its count."""
    with _gateways("5.8", "5.14") as gateways:
        comparison = _compared(gateways, "policies/", "keys/", "nested/")
    assert comparison.notes[0] == "other version: A 5.8.15, B 5.14.0"
    found = {(difference.kind, difference.subject): difference for difference in comparison.differences}
    status = found["status", "POST /tyk/policies"]
    assert (status.a[:3], status.b[:3], status.audiences) == ("200", "400", ("policy authors",))
    assert "$TYK_GW_SECRET" in status.example
    left_out = [one for one in comparison.differences if "/post_expiry_grace_period" in one.subject]
    assert [(one.a, one.b) for one in left_out] == [("absent", "0")]
    assert left_out[0].count > 50
    assert len(comparison.differences) < 20


def test_a_lost_write_is_found() -> None:
    """A gateway that answers a write with an error is told, and what follows from it is counted there."""
    with _gateways("5.12", "5.12") as gateways:
        gateways[1].fault("deletePolicy", status=503, times=1)
        (difference,) = _compared(gateways, "policies/life").differences
    assert (difference.kind, difference.subject) == ("status", "DELETE /tyk/policies/{polID}")
    assert difference.followed > 0


def test_all_names_are_of_the_run() -> None:
    """No request of the script that is sent names a thing of anybody else, and nearly all are sent."""
    ownership = Ownership(GATEWAY.contract(GatewayVersion(5, 12, 0)), GATEWAY.resources)
    refused = total = 0
    for number, scenario in enumerate(scenarios_for("gateway", ())[0], 1):
        (part,) = parts(scenario, number, [ownership], [{"SECRET": "s"}])
        for step in scenario.steps:
            if "request" in step:
                request = Request(*part.sent(step))
                total += 1
                try:
                    targets = ownership.check(request)
                except UnsafeRequest:
                    refused += 1
                else:
                    assert all(part.prefix in target or "7c0a57ac" in target for target in targets), request
    assert refused < total / 20


def test_two_dashboards_are_compared() -> None:
    """Two Dashboards of one version have no difference, and one of another version has."""
    with MockDashboard() as a, MockDashboard() as b, MockDashboard(dashboard="5.8") as old:
        arguments = ("--service", "dashboard", "--key", a.key)
        same = run_command("compare", a.url, b.url, *arguments, "--other-secret", b.key)
        assert same.returncode == 0, same.stdout + same.stderr
        other = run_command("compare", a.url, old.url, *arguments, "--other-secret", old.key)
        assert other.returncode == 1, other.stdout + other.stderr
        assert "matters to  policy authors" in other.stdout
        for dashboard in (a, b, old):
            assert not [policy for policy in dashboard.policies if "tyk-contract" in str(policy)]
