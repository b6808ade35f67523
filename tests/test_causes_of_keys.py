"""The causes that detectors see in keys and credentials, on made-up exchanges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from made_up_exchanges import Exchanges, failed, made_up_exchanges, only, told, with_status

from contract_tests.engine.diagnosis import credentials, history
from contract_tests.engine.exchange import Exchange

KEYS = "/tyk/keys"
REFUSED = '{"error": "Access to this API has been disallowed"}'


@pytest.fixture(scope="module", name="exchanges")
def _exchanges() -> Iterator[Exchanges]:
    with made_up_exchanges() as exchanges:
        yield exchanges


def test_lost_credentials_are_one_cause(exchanges: Exchanges) -> None:
    """Requests with a credential that are answered as if they had none are one cause, others are not."""
    path, sent = f"/{exchanges.run.ownership.run}-1/a", (("Authorization", "alice"),)
    lost = [exchanges.of("GET", path, 401, '{"error": "Authorization field missing"}', sent=sent)] * 10
    let_in = [exchanges.of("GET", path, sent=sent)]
    cause = only(credentials.lost_credentials(exchanges.evidence([*lost, *let_in])))
    assert cause.kind == "no-credentials"
    assert "10 of 11 that have it are answered 401" in cause.summary
    assert cause.explains(failed(let_in[0]))
    without = [exchanges.of("GET", path, 401, lost[0].text, sent=())] * 10
    assert told(credentials.lost_credentials(exchanges.evidence([*without, *let_in]))) == []
    assert told(credentials.lost_credentials(exchanges.evidence([*lost, *(let_in * 11)]))) == []


def test_keys_that_are_never_let_in_are_one_cause(exchanges: Exchanges) -> None:
    """If nearly no request with a written key is let in, keys are told to be another gateway's; else they are not."""
    path, alice = f"/{exchanges.run.ownership.run}-1/a", (("Authorization", "alice"),)
    written = exchanges.of("POST", f"{KEYS}/alice", 200, '{"key":"alice","status":"ok","action":"added"}')
    refused = [exchanges.of("GET", path, 403, REFUSED, sent=alice) for _ in range(10)]
    let_in = exchanges.of("GET", path, sent=alice)
    cause = only(credentials.unadmitted_keys(exchanges.evidence([written, *refused, let_in])))
    assert cause.kind == "unadmitted-keys"
    assert "10 of 11 requests to APIs with one are answered 403" in cause.summary
    assert cause.explains(failed(refused[0]))
    assert told(credentials.unadmitted_keys(exchanges.evidence([written, *refused, let_in, let_in]))) == []
    assert told(credentials.unadmitted_keys(exchanges.evidence(refused))) == []


def test_deletes_that_are_not_done_are_one_cause(exchanges: Exchanges) -> None:
    """Things that can be read after their deletes are a cause, unless they were written anew or load by a reload."""

    def deleted(path: str) -> list[Exchange]:
        return [
            exchanges.of("DELETE", path, 200, '{"status":"ok"}'),
            exchanges.of("GET", path, 200, '{"rate":1}'),
        ]

    log = [exchange for name in "abc" for exchange in deleted(f"{KEYS}/run-{name}")]
    cause = only(history.undeleted(exchanges.evidence(log)))
    assert (cause.kind, "3 of 3 things could be read" in cause.summary) == ("lost-writes", True)
    assert cause.explains(failed(log[1]))
    assert not cause.explains(failed(exchanges.of("GET", f"{KEYS}/other")))
    anew = [exchanges.of("POST", f"{KEYS}/run-{name}") for name in "abc"]
    assert told(history.undeleted(exchanges.evidence([*log[::2], *anew, *log[1::2]]))) == []
    gone = [
        exchange
        for pair in zip(log[::2], (with_status(e, 404) for e in log[1::2]), strict=True)
        for exchange in pair
    ]
    assert told(history.undeleted(exchanges.evidence(gone))) == []
    policies = [exchange for name in "abc" for exchange in deleted(f"/tyk/policies/run-{name}")]
    assert told(history.undeleted(exchanges.evidence(policies))) == []
