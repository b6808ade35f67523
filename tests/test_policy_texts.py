"""The JSON of loaded policies, which is kept over reloads as long as it is right."""

from __future__ import annotations

from typing import Any

import pytest
from asking import call

from mockserver import MockGateway
from mockserver.contract.codecs import Codec

TYPES = {"restricted_types": [{"name": "Query", "fields": ["a"]}]}
MORE = {"restricted_types": [{"name": "Query", "fields": ["b"]}]}


def test_an_unchanged_policy_is_encoded_once(gateway: MockGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload encodes the policies that changed, and keeps the JSON of the others."""
    gateway.policies.seed({"id": "gold"}, {"id": "lead"})
    assert call(gateway, "GET", "/tyk/policies")[0] == 200
    encoded_ids: list[str] = []
    encode = Codec.encode

    def recording_encode(codec: Codec, policy: Any) -> str:
        encoded_ids.append(policy["id"])
        return encode(codec, policy)

    monkeypatch.setattr(Codec, "encode", recording_encode)
    for name in ("new", "newer"):
        call(gateway, "PUT", "/tyk/policies/gold", {"id": "gold", "name": name})
        gateway.reload()
        listed = {policy["id"]: policy["name"] for policy in call(gateway, "GET", "/tyk/policies")[1]}
        assert listed == {"gold": name, "lead": ""}
    assert encoded_ids == ["gold", "gold"]


def test_a_reload_undoes_the_changes_of_sessions(gateway: MockGateway) -> None:
    """A session merges types into the list of its first policy, until the next reload, as on a gateway."""
    gateway.policies.seed(
        {"id": "one", "access_rights": {"api": {"api_id": "api", **TYPES}}},
        {"id": "two", "access_rights": {"api": {"api_id": "api", **MORE}}},
    )
    call(gateway, "POST", "/tyk/keys/preview", {"apply_policies": ["one", "two"]})
    call(gateway, "GET", "/tyk/policies")
    gateway.reload()
    right = call(gateway, "GET", "/tyk/policies/one")[1]["access_rights"]["api"]
    assert right["restricted_types"] == TYPES["restricted_types"]
