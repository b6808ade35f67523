"""Mistakes in a test of a user that a mock refuses, and what its client forgives."""

from __future__ import annotations

import pytest

from mockserver import MockGateway
from mockserver.contract.spec_files import SpecError
from mockserver.service.mock_snapshot import SnapshotError
from mockserver.serving.mock_client import Headers

GOLD = {"id": "gold"}


def test_the_headers_of_a_response_have_names_in_any_case(mock_gateway: MockGateway) -> None:
    """A header is found by its name in any case, and the first of several is the value."""
    mock_gateway.fault(status=503, headers={"X-RateLimit-Remaining": "1"})
    headers = mock_gateway.client.get("/hello").headers
    assert headers["x-ratelimit-remaining"] == headers["X-RATELIMIT-REMAINING"] == "1"
    assert "X-RateLimit-Remaining" in dict(headers)
    assert len(headers) == len(list(headers))
    with pytest.raises(KeyError, match="X-None"):
        _ = headers["X-None"]
    assert Headers([("A", "1"), ("a", "2")])["A"] == "1"


def test_a_snapshot_of_another_mock_is_refused(mock_gateway: MockGateway) -> None:
    """What is no snapshot of the mock is refused, and the mock stays as it is."""
    mock_gateway.policies.seed({"id": "gold"})
    with (
        MockGateway() as other,
        pytest.raises(SnapshotError, match=r"of another mock; restore it there, or seed\(\) this one"),
    ):
        mock_gateway.restore(other.snapshot())
    with pytest.raises(SnapshotError, match=r"{} is no snapshot; give what snapshot\(\) has returned"):
        mock_gateway.restore({})  # type: ignore[arg-type]  that is refused
    assert list(mock_gateway.policies) == ["gold"]


def test_arguments_of_a_wrong_kind_are_refused() -> None:
    """A version that is a number, and documents where a path belongs, are refused with the next step."""
    with pytest.raises(SpecError, match=r"^5\.12 is not a version; write it as a text, such as '5\.14'"):
        MockGateway(gateway=5.12)  # type: ignore[arg-type]  that is refused
    with pytest.raises(TypeError, match=r"policies must be a path, not a list; give documents to seed"):
        MockGateway(policies=[GOLD])  # type: ignore[arg-type]  that is refused
    with pytest.raises(TypeError, match=r"apis must be a path, not a dict; give documents to seed"):
        MockGateway(apis=GOLD)  # type: ignore[arg-type]  that is refused


def test_a_time_as_a_text_is_refused(mock_gateway: MockGateway) -> None:
    """A clock is not frozen at a text, and the message says what it takes."""
    with pytest.raises(
        ValueError, match="'2030-01-01' is a text; give a datetime with a time zone, or seconds"
    ):
        mock_gateway.freeze("2030-01-01")  # type: ignore[arg-type]  that is refused


def test_a_path_needs_no_slash_at_its_beginning(mock_gateway: MockGateway) -> None:
    """The client of a mock takes a path without a slash at its beginning as one with it."""
    assert mock_gateway.client.get("hello").status_code == 200
    (entry,) = mock_gateway.journal
    assert entry.path == "/hello"
