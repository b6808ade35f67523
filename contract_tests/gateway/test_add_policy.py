"""POST /tyk/policies and POST /tyk/policies/{polID}."""

from __future__ import annotations

import pytest

from contract_tests.engine.checks import TWICE, Mismatch, expect, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.samples import full_policy, reduced_policy
from contract_tests.gateway.checks import expect_error, expect_policy, expect_written, listed
from contract_tests.gateway.client import Gateway, path_of
from mockserver.golang.json_writer import quote

NO_ID = "Unable to create policy without id."
BAD_ID = "Invalid Policy ID: Allowed characters: a-z, A-Z, 0-9, ., _, -, ~"


@behaviour("add-answers-key-and-action")
def test_adding_answers_the_key_and_added(gateway: Gateway) -> None:
    """The answer to a policy that is added has the policy's id and the action `added`, and nothing else."""
    policy = {"id": gateway.new_id(), "name": "added"}

    expect_written(gateway.post(policy), policy["id"], "added")


@behaviour("add-overwrites")
def test_adding_again_overwrites(gateway: Gateway) -> Steps:
    """A second POST of an id replaces the policy with all its members, and still answers `added`."""
    replaced = gateway.create(
        _id=gateway.ownership.new_object_id(), **{**full_policy(1), "meta_data": {"k": "n" * 5000}}
    )
    reduced = gateway.create(**full_policy(1))
    yield RELOAD
    replacement = {"id": replaced["id"], "name": "second"}
    reduction = reduced_policy(reduced)
    for before, after in ((replaced, replacement), (reduced, reduction)):
        expect_written(gateway.post(after), before["id"], "added")
        expect_policy(gateway.get(before["id"]), gateway, before)
    yield RELOAD

    for after in (replacement, reduction):
        expect_policy(gateway.get(after["id"]), gateway, after)


@behaviour("add-ignores-path-id")
def test_an_id_in_the_path_is_ignored(gateway: Gateway) -> Steps:
    """A POST to the path of an id writes the policy that the body names."""
    path_id = gateway.new_id("-path")
    policy = {"id": gateway.new_id(), "name": "body"}
    expect_written(gateway.send("POST", path_of(path_id), policy), policy["id"], "added")
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)
    expect_error(gateway.get(path_id), 404, "Policy not found")


@pytest.mark.parametrize("body", ["{}", "null", '{"name":"no id"}', '{"id":""}', '{"id":null}', '{"_id":""}'])
@behaviour("id-required")
def test_a_policy_without_an_id_is_refused(gateway: Gateway, body: str) -> None:
    """A policy that has neither an id nor a valid _id is refused."""
    expect_error(gateway.post(body), 400, NO_ID)


@behaviour("object-id-fills-id")
def test_an_object_id_becomes_the_id(gateway: Gateway) -> Steps:
    """A policy without an id gets its _id, in lower case, as the id."""
    object_id = gateway.ownership.new_object_id()
    policy = {"_id": object_id.upper(), "name": "by object id"}
    expect_written(gateway.post(policy), object_id, "added")
    yield RELOAD

    stored = {"_id": object_id, "id": object_id, "name": "by object id"}
    expect_policy(gateway.get(object_id), gateway, stored)


@pytest.mark.parametrize("suffix", [".", "~", "_-", "A", "0", ".json"])
@behaviour("plain-ids-are-taken")
def test_an_id_of_safe_characters_is_taken(gateway: Gateway, suffix: str) -> Steps:
    """An id of letters, digits, dots, underscores, hyphens and tildes is accepted in every version."""
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
    """An id of any characters except a slash is accepted, and answered with JSON escapes."""
    yield from _take(gateway, gateway.new_id(suffix))


@pytest.mark.parametrize("suffix", [*ODD, "/x"])
@behaviour("id-characters")
def test_an_id_of_odd_characters_is_refused(gateway: Gateway, suffix: str) -> None:
    """An id with characters other than letters, digits and `._-~` is refused."""
    expect_error(gateway.post({"id": gateway.new_id(suffix)}), 400, BAD_ID)


@pytest.mark.parametrize("suffix", ODD)
@behaviour("unsafe-ids-may-be-allowed")
def test_an_unsafe_id_is_taken_if_allowed(gateway: Gateway, suffix: str) -> Steps:
    """A gateway that allows unsafe ids takes an id of any characters except a slash."""
    yield from _take(gateway, gateway.new_id(suffix))


def _take(gateway: Gateway, policy_id: str) -> Steps:
    """Expect that a policy with an id is written, and read after a reload."""
    policy = {"id": policy_id, "name": "odd"}
    exchange = gateway.post(policy)
    expect(exchange, 200, f'{{"key":{quote(policy_id)},"status":"ok","action":"added"}}\n')
    yield RELOAD

    expect_policy(gateway.get(policy_id), gateway, policy)


@behaviour("id-with-slash-is-500")
def test_an_id_with_a_slash_cannot_be_written(gateway: Gateway) -> None:
    """A policy whose id has a slash is refused with 500, because the id names a missing folder."""
    expect_error(gateway.post({"id": gateway.new_id("/x")}), 500, "Failed to create file!")


@behaviour("id-with-slash-is-500")
def test_an_id_whose_slashes_lead_back_is_found_whole(gateway: Gateway) -> Steps:
    """An id whose `..` leads back to the policy directory is accepted, and the policy has all of it."""
    file_id = gateway.new_id()
    policy_id = f"{gateway.new_id()}/../{file_id}"
    gateway.ownership.note([path_of(file_id)])
    expect_written(gateway.post({"id": policy_id}), policy_id, "added")
    yield RELOAD

    expect_error(gateway.get(file_id), 404, "Policy not found")
    exchange = gateway.list()
    if policy_id not in listed(exchange):
        raise Mismatch(f"a list with {policy_id}", shorten(exchange.text), exchange)
    gateway.delete(file_id)


@behaviour("long-ids-are-taken")
def test_an_id_of_250_bytes_is_taken(gateway: Gateway) -> Steps:
    """An id of 250 bytes is accepted, because its file name has 255 bytes."""
    policy = {"id": gateway.new_id("-").ljust(250, "n"), "name": "long"}
    expect_written(gateway.post(policy), policy["id"], "added")
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)


@pytest.mark.parametrize("method", ["POST", "PUT"])
@behaviour("too-long-id-is-500")
def test_an_id_of_251_bytes_cannot_be_written(gateway: Gateway, method: str) -> None:
    """A policy whose id has 251 bytes is refused with 500, because its file name is too long."""
    long_id = gateway.new_id("-").ljust(251, "n")

    for _ in TWICE:
        expect_error(gateway.post({"id": long_id}), 500, "Failed to create file!")
        expect_error(gateway.send(method, path_of(long_id), {"id": long_id}), 500, "Failed to create file!")


@behaviour("refused-policy-is-not-kept")
def test_a_refused_policy_is_not_there_after_a_reload(gateway: Gateway) -> Steps:
    """A POST that is refused writes no policy, and leaves the policy of its id as it was."""
    existing = gateway.create(name="kept")
    refused = gateway.new_id()
    expect_error(gateway.post(f'{{"id":"{existing["id"]}","rate":"x"}}'), 400, "Request malformed")
    expect_error(gateway.post(f'{{"id":"{refused}","rate":"x"}}'), 400, "Request malformed")
    yield RELOAD

    expect_policy(gateway.get(existing["id"]), gateway, existing)
    expect_error(gateway.get(refused), 404, "Policy not found")


@behaviour("nothing-is-validated")
def test_senseless_values_are_kept(gateway: Gateway) -> Steps:
    """A policy with negative rates and contradicting partitions is written as it is."""
    policy = gateway.create(
        rate=-5, per=-1, quota_max=-7, quota_renewal_rate=-1, key_expires_in=-1,
        partitions={"per_api": True, "quota": True, "acl": True},
        access_rights={"no-such-api": {"api_id": "another", "versions": ["no such version"]}},
    )  # fmt: skip
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)
