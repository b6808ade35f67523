"""Texts of loaded policies: made once, and kept over reloads as long as they are right."""

from __future__ import annotations

from typing import Any

import pytest
from asking import call

from mockserver import MockGateway
from mockserver.contract.codecs import Codec

TYPES = {"restricted_types": [{"name": "Query", "fields": ["a"]}]}
MORE = {"restricted_types": [{"name": "Query", "fields": ["b"]}]}


def test_a_policy_that_did_not_change_is_written_once(
    gateway: MockGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the gateway reloads; the one that changed is written anew."""
    gateway.policies.seed({"id": "gold"}, {"id": "lead"})
    assert call(gateway, "GET", "/tyk/policies")[0] == 200
    written: list[str] = []
    encode = Codec.encode

    def noted(codec: Codec, policy: Any) -> str:
        written.append(policy["id"])
        return encode(codec, policy)

    monkeypatch.setattr(Codec, "encode", noted)
    for name in ("new", "newer"):
        call(gateway, "PUT", "/tyk/policies/gold", {"id": "gold", "name": name})
        gateway.reload()
        listed = {policy["id"]: policy["name"] for policy in call(gateway, "GET", "/tyk/policies")[1]}
        assert listed == {"gold": name, "lead": ""}
    assert written == ["gold", "gold"]


def test_what_a_session_changed_is_undone_by_a_reload(gateway: MockGateway) -> None:
    """A session joins types into its first policy's own list, as on a gateway, until the next reload."""
    gateway.policies.seed(
        {"id": "one", "access_rights": {"api": {"api_id": "api", **TYPES}}},
        {"id": "two", "access_rights": {"api": {"api_id": "api", **MORE}}},
    )
    call(gateway, "POST", "/tyk/keys/preview", {"apply_policies": ["one", "two"]})
    call(gateway, "GET", "/tyk/policies")
    gateway.reload()
    right = call(gateway, "GET", "/tyk/policies/one")[1]["access_rights"]["api"]
    assert right["restricted_types"] == TYPES["restricted_types"]
