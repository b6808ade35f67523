"""What a gateway or a Dashboard passes over in silence in a seed."""

from __future__ import annotations

import pytest
from asking import call

from mockserver import MockDashboard, MockGateway


def test_what_a_gateway_drops_from_seeds_is_told(
    gateway: MockGateway, caplog: pytest.LogCaptureFixture
) -> None:
    """The log and the answer of /_mock/seed name the members of seeds that are dropped or rounded."""
    gateway.policies.seed({"id": "gold", "raet": 5}, {"id": "plain", "rate": 5})
    seeds = {
        "policies": [{"id": "gold", "meta_data": {"n": [12345678901234567890]}}],
        "keys": {"alice": {"access_rights": {"orders": {}}, "alais": "x"}},
        "organisations": {"acme": {"quota": 5}},
    }
    warnings = [
        "policy 'gold': meta_data/n/0: 12345678901234567890 is rounded to 12345678901234567000",
        "key 'alice': alais: an unknown member, the nearest is 'alias'; it is dropped",
        "organisation 'acme': quota: an unknown member, the nearest is 'quota_max'; it is dropped",
    ]
    assert call(gateway, "POST", "/_mock/seed", seeds)[1]["warnings"] == warnings
    told = [record.getMessage() for record in caplog.records if record.getMessage().startswith("seed: ")]
    first = "policy 'gold': raet: an unknown member, the nearest is 'rate'; it is dropped"
    assert told == [f"seed: {line}" for line in (first, *warnings)]


def test_what_a_dashboard_drops_from_seeds_is_told(
    dashboard: MockDashboard, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the members of seeded policies that the Dashboard drops."""
    dashboard.policies.seed({"name": "Gold", "raet": 5})
    dashboard.seed(policies=[{"name": "Silver", "quota": 5}, {"name": "Plain", "rate": 5}])
    assert [record.getMessage() for record in caplog.records if record.getMessage().startswith("seed: ")] == [
        "seed: policy 'Gold': raet: an unknown member, the nearest is 'rate'; it is dropped",
        "seed: policy 'Silver': quota: an unknown member, the nearest is 'quota_max'; it is dropped",
    ]
