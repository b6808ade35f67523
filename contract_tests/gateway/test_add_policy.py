"""POST /tyk/policies and POST /tyk/policies/{polID}."""

from __future__ import annotations

import pytest

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.samples import full_policy, reduced_policy
from contract_tests.gateway.checks import expect_error, expect_policy, expect_written, listed
from contract_tests.gateway.client import Gateway, path_of
from mockserver.golang.json_writer import quote

NO_ID = "Unable to create policy without id."
BAD_ID = "Invalid Policy ID: Allowed characters: a-z, A-Z, 0-9, ., _, -, ~"


@behaviour("add-answers-key-and-action")
def test_adding_answers_the_key_and_added(gateway: Gateway) -> None:
    """A policy that was written answers its id and `added`, and nothing else."""
    policy = {"id": gateway.new_id(), "name": "added"}

    expect_written(gateway.post(policy), policy["id"], "added")


@behaviour("add-overwrites")
def test_adding_again_overwrites(gateway: Gateway) -> Steps:
    """A second POST of an id replaces the policy whole and still answers `added`."""
    first = gateway.create(
        _id=gateway.ownership.new_object_id(), **{**full_policy(1), "meta_data": {"k": "n" * 5000}}
    )
    partly = gateway.create(**full_policy(1))
    yield RELOAD
    second = {"id": first["id"], "name": "second"}
    third = reduced_policy(partly)
    for before, after in ((first, second), (partly, third)):
        expect_written(gateway.post(after), before["id"], "added")
        expect_policy(gateway.get(before["id"]), gateway, before)
    yield RELOAD

    for after in (second, third):
        expect_policy(gateway.get(after["id"]), gateway, after)


@behaviour("add-ignores-path-id")
def test_an_id_in_the_path_is_ignored(gateway: Gateway) -> Steps:
    """POST to the path of an id writes the body's id."""
    path_id = gateway.new_id("-path")
    policy = {"id": gateway.new_id(), "name": "body"}
    expect_written(gateway.send("POST", path_of(path_id), policy), policy["id"], "added")
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)
    expect_error(gateway.get(path_id), 404, "Policy not found")


@pytest.mark.parametrize("body", ["{}", "null", '{"name":"no id"}', '{"id":""}', '{"id":null}', '{"_id":""}'])
@behaviour("id-required")
def test_a_policy_without_an_id_is_refused(gateway: Gateway, body: str) -> None:
    """A policy without an id and without a valid _id is refused."""
    expect_error(gateway.post(body), 400, NO_ID)


@behaviour("object-id-fills-id")
def test_an_object_id_becomes_the_id(gateway: Gateway) -> Steps:
    """Without an id the _id becomes the id, in lower case."""
    object_id = gateway.ownership.new_object_id()
    policy = {"_id": object_id.upper(), "name": "by object id"}
    expect_written(gateway.post(policy), object_id, "added")
    yield RELOAD

    whole = {"_id": object_id, "id": object_id, "name": "by object id"}
    expect_policy(gateway.get(object_id), gateway, whole)


@pytest.mark.parametrize("suffix", [".", "~", "_-", "A", "0", ".json"])
@behaviour("plain-ids-are-taken")
def test_an_id_of_safe_characters_is_taken(gateway: Gateway, suffix: str) -> Steps:
    """Letters, digits, dot, underscore, hyphen and tilde make an id in every version."""
    policy = {"id": gateway.new_id(suffix), "name": "plain"}
    expect_written(gateway.post(policy), policy["id"], "added")
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)


ODD = [
    " a", "ü", "%", "+", ":", ";", "&", "<b>", '"', "\\", "\u2028", "é漢", "?", "#", "\t\x01\x7f", "\n", "=,$!*'()@[]{}|^`",
]  # fmt: skip


@pytest.mark.parametrize("suffix", ODD)
@behaviour("any-id-is-taken")
def test_an_id_of_odd_characters_is_taken(gateway: Gateway, suffix: str) -> Steps:
    """Any characters but a slash make an id, and the id is answered escaped as JSON asks."""
    policy = {"id": gateway.new_id(suffix), "name": "odd"}
    exchange = gateway.post(policy)
    expect(exchange, 200, f'{{"key":{quote(policy["id"])},"status":"ok","action":"added"}}\n')
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)


@pytest.mark.parametrize("suffix", [*ODD, "/x"])
@behaviour("id-characters")
def test_an_id_of_odd_characters_is_refused(gateway: Gateway, suffix: str) -> None:
    """An id with other characters than letters, digits and `._-~` is refused."""
    expect_error(gateway.post({"id": gateway.new_id(suffix)}), 400, BAD_ID)


@behaviour("id-with-slash-is-500")
def test_an_id_with_a_slash_cannot_be_written(gateway: Gateway) -> None:
    """An id with a slash names a folder that is not there."""
    expect_error(gateway.post({"id": gateway.new_id("/x")}), 500, "Failed to create file!")


@behaviour("id-with-slash-is-500")
def test_an_id_whose_slashes_lead_back_is_found_whole(gateway: Gateway) -> Steps:
    """It names a file where all are, and the policy has the whole of it all the same."""
    file = gateway.new_id()
    policy_id = f"{gateway.new_id()}/../{file}"
    gateway.ownership.note([path_of(file)])
    expect_written(gateway.post({"id": policy_id}), policy_id, "added")
    yield RELOAD

    expect_error(gateway.get(file), 404, "Policy not found")
    exchange = gateway.list()
    if policy_id not in listed(exchange):
        raise Mismatch(f"a list that holds {policy_id}", shorten(exchange.text), exchange)
    gateway.delete(file)


@behaviour("long-ids-are-taken")
def test_an_id_of_250_bytes_is_taken(gateway: Gateway) -> Steps:
    """An id may have 250 bytes, which with its suffix make a file's name."""
    policy = {"id": gateway.new_id("-").ljust(250, "n"), "name": "long"}
    expect_written(gateway.post(policy), policy["id"], "added")
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)


@pytest.mark.parametrize("method", ["POST", "PUT"])
@behaviour("too-long-id-is-500")
def test_an_id_of_251_bytes_cannot_be_written(gateway: Gateway, method: str) -> None:
    """An id of 251 bytes makes no file's name, with any method and path."""
    long_id = gateway.new_id("-").ljust(251, "n")

    for _ in range(2):
        expect_error(gateway.post({"id": long_id}), 500, "Failed to create file!")
        expect_error(gateway.send(method, path_of(long_id), {"id": long_id}), 500, "Failed to create file!")


@behaviour("refused-policy-is-not-kept")
def test_a_refused_policy_is_not_there_after_a_reload(gateway: Gateway) -> Steps:
    """A body that is refused leaves no file behind, and the file of that id as it was."""
    existing = gateway.create(name="kept")
    refused = gateway.new_id()
    expect_error(gateway.post(f'{{"id":"{existing["id"]}","rate":"x"}}'), 400, "Request malformed")
    expect_error(gateway.post(f'{{"id":"{refused}","rate":"x"}}'), 400, "Request malformed")
    yield RELOAD

    expect_policy(gateway.get(existing["id"]), gateway, existing)
    expect_error(gateway.get(refused), 404, "Policy not found")


@behaviour("nothing-is-validated")
def test_senseless_values_are_kept(gateway: Gateway) -> Steps:
    """Negative rates and contradicting partitions are written as they are."""
    policy = gateway.create(
        rate=-5, per=-1, quota_max=-7, quota_renewal_rate=-1, key_expires_in=-1,
        partitions={"per_api": True, "quota": True, "acl": True},
        access_rights={"no-such-api": {"api_id": "another", "versions": ["no such version"]}},
    )  # fmt: skip
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)
