"""`tyk-contract import` and gateways that name things of others in their answers."""

from __future__ import annotations

import base64
from typing import Any, cast

import pytest

from mockserver.cli.json_service import JsonService
from mockserver.cli.transfer.gateway_target import GatewayTarget
from mockserver.cli.transfer.plan import Write
from mockserver.gateway.key_ids import HASHES, make, storage_name, storage_names

SESSION = {"org_id": "acme", "apply_policies": ["gone"]}


class Naming:
    """A gateway that refuses keys with policies, stores others, and answers with the names that it is given."""

    def __init__(self, **names: object) -> None:
        self.names = names
        self.targets: list[str] = []

    def send(self, method: str, target: str, document: dict[str, Any]) -> tuple[int, Any]:
        """The answer to one write."""
        self.targets.append(f"{method} {target}")
        is_refused = bool(document["apply_policies"]) and "/policy/" not in target
        return (400, {"message": "policy not found"}) if is_refused else (200, self.names)


def written(gateway: Naming) -> str:
    """Write the key `alice`; the reason why it is not written."""
    target = GatewayTarget(cast(JsonService, gateway), is_mock=True)
    return target.write(Write("keys", "alice", SESSION, is_new=True))


@pytest.mark.parametrize(
    "names",
    [
        {"key": "victim"},
        {"key": "acmealice", "key_hash": "1a2b3c4d"},
        {"key": "acmealice/../victim"},
        {"key": "acmealice", "key_hash": ["acmealice"]},
        {"key": base64.b64encode(b'{"org":"acme","id":"victim","h":"murmur64"}').decode()},
        {},
    ],
    ids=str,
)
def test_the_policies_of_a_key_are_given_to_no_other_key(names: dict[str, object]) -> None:
    """If a gateway answers with a name that is none of the written key, nothing is written under that name."""
    gateway = Naming(**names)
    assert "name of another key" in written(gateway)
    assert gateway.targets == ["POST /tyk/keys/alice"] * 2


@pytest.mark.parametrize("algorithm", ["", *HASHES])
@pytest.mark.parametrize("hashed", [False, True])
def test_each_name_of_a_key_is_known(algorithm: str, hashed: bool) -> None:
    """However a gateway makes and hashes ids of keys, `import` knows the name of the key that it wrote."""
    key = make("acme", "alice", algorithm)
    gateway = Naming(key=key, **({"key_hash": storage_name(key, hashed=True)} if hashed else {}))
    assert written(gateway) == ""
    assert gateway.targets[-1].startswith("POST /tyk/keys/policy/")


def test_no_key_without_a_name_has_names() -> None:
    """An empty name stands for none, for a gateway would choose one."""
    assert storage_names("acme", "") == set()
