"""The publisher survives a lost request. `mock_gateway` is a fixture that tyk-contract brings."""

import urllib.error

import pytest
from publish import Publisher

POLICY = {"id": "gold", "name": "Gold", "rate": 1000, "per": 60}


def test_a_lost_request_is_repeated(mock_gateway):
    """A policy whose first request is lost is written by the second one, and loaded by a reload."""
    publisher = Publisher(mock_gateway.url, mock_gateway.secret)
    mock_gateway.fault("addPolicy", drop=True)

    publisher.publish(POLICY)

    lost, answered = mock_gateway.assert_requested("addPolicy", times=2, json={"id": "gold"})
    assert (lost.is_dropped, answered.status) == (True, 200)
    assert "gold" not in mock_gateway.policies  # written, and not loaded
    publisher.reload()
    assert mock_gateway.policies["gold"]["rate"] == 1000
    mock_gateway.check()  # nothing that was sent violates the specification


def test_a_refusal_is_not_repeated(mock_gateway):
    """A request that the gateway refuses is sent once."""
    with pytest.raises(urllib.error.HTTPError, match="403"):
        Publisher(mock_gateway.url, "wrong").publish(POLICY)
    mock_gateway.assert_requested("addPolicy", times=1, status=403)
