"""The auth_type of a policy, which follows from the APIs that it grants."""

from __future__ import annotations

import pytest

from contract_tests.dashboard.apis import WAYS, rights_to_new_apis
from contract_tests.dashboard.checks import expect_found, expect_members, listed
from contract_tests.dashboard.client import Dashboard
from contract_tests.engine.checks import Mismatch, first_difference
from contract_tests.engine.declaration import behaviour


@behaviour("auth-type-follows-apis")
def test_a_policy_without_apis_has_no_auth_type(dashboard: Dashboard) -> None:
    """The auth_type of a policy that grants no API is other, and auth_types is empty."""
    expect_members(dashboard.get(dashboard.create()), {"auth_type": "other", "auth_types": []})


@pytest.mark.parametrize("way", WAYS)
@behaviour("auth-type-follows-apis")
def test_the_auth_type_is_that_of_the_api(dashboard: Dashboard, way: str) -> None:
    """A policy is read and listed with the auth_type of its one API, whatever it was sent with."""
    rights = rights_to_new_apis(dashboard, way)
    object_id = dashboard.create(access_rights=rights, auth_type="other", auth_types=["other"])
    wanted = {"auth_type": way, "auth_types": [way]}
    expect_members(dashboard.get(object_id), wanted)
    listing = dashboard.list(p="-1")
    found = [policy for policy in listed(listing) if policy.get("_id") == object_id]
    if not found or (difference := first_difference(wanted, found[0])):
        raise Mismatch(f"{object_id} with {wanted}", difference if found else "no such policy", listing)


@behaviour("auth-type-follows-apis")
def test_the_auth_type_follows_an_update(dashboard: Dashboard) -> None:
    """The auth_type of a policy changes with the API that it grants."""
    name = dashboard.new_id()
    object_id = dashboard.create(name=name, access_rights=rights_to_new_apis(dashboard, "jwt"))
    dashboard.put(object_id, {"name": name, "access_rights": rights_to_new_apis(dashboard, "authToken")})
    expect_members(dashboard.get(object_id), {"auth_type": "authToken", "auth_types": ["authToken"]})


@pytest.mark.parametrize(
    ("ways", "wanted"), [(("jwt", "authToken"), "multiAuth"), (("jwt", "keyless"), "keyless")], ids=str
)
@behaviour("several-auth-types-are-one")
def test_several_ways_of_authentication(dashboard: Dashboard, ways: tuple[str, ...], wanted: str) -> None:
    """A policy whose APIs ask for different keys is multiAuth, and keyless if one of them asks for none."""
    exchange = dashboard.get(dashboard.create(access_rights=rights_to_new_apis(dashboard, *ways)))
    expect_members(exchange, {"auth_type": wanted})
    types = exchange.document.get("auth_types")
    if not isinstance(types, list) or set(types) != set(ways):
        raise Mismatch(f"auth_types with {', '.join(ways)}", f"{types}", exchange)


@behaviour("search-by-auth-type")
def test_a_search_by_auth_type(dashboard: Dashboard) -> None:
    """A search for an auth_type leaves out policies of another one."""
    object_id = dashboard.create()
    expect_found(dashboard.search(auth_type="other", p="-1"), [object_id], [])
    expect_found(dashboard.search(auth_type="jwt", p="-1"), [], [object_id])


@behaviour("search-by-auth-type")
def test_a_search_by_the_auth_type_of_an_api(dashboard: Dashboard) -> None:
    """A search for an auth_type finds the policies whose API has it."""
    jwt = dashboard.create(access_rights=rights_to_new_apis(dashboard, "jwt"))
    token = dashboard.create(access_rights=rights_to_new_apis(dashboard, "authToken"))
    expect_found(dashboard.search(auth_type="jwt", p="-1"), [jwt], [token])
    expect_found(dashboard.search(auth_type="authToken", p="-1"), [token], [jwt])
