"""The values of `tyk-contract export` and `import`: masked secrets, names of keys, contents, and comparison."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from secret_places import PLANTED, planted

from mockserver.cli.transfer.contents import Contents
from mockserver.cli.transfer.key_names import KeyNames, marked, unmarked
from mockserver.cli.transfer.plan import covers
from mockserver.cli.transfer.secret_members import REPLACED, SECRET_MEMBERS, Masking


@pytest.mark.parametrize("member", SECRET_MEMBERS, ids=lambda member: member.path)
def test_each_row_of_the_table_masks(member: Any) -> None:
    """Each row of the table of secret members replaces a text, notes it, and leaves what is replaced as it is."""
    masking = Masking()
    once = masking.masked("policies/gold", planted(member.path))
    assert PLANTED not in json.dumps(once)
    assert len(masking.replaced) == 1
    assert Masking().masked("policies/gold", once) == once


@pytest.mark.parametrize(
    "value", [4711, True, [["planted-secret"]], {"a": [{"b": "planted-secret", "c": 4711}]}]
)
@pytest.mark.parametrize("path", ["secret", "oauth_keys.a", "global_headers.X-Key", "meta_data.a.token"])
def test_all_that_is_in_a_secret_member_is_masked(path: str, value: Any) -> None:
    """Numbers, booleans, lists and objects in a secret member are replaced like texts."""
    for name in reversed(path.split(".")):
        value = {name: value}
    text = json.dumps(Masking().masked("policies/gold", value))
    assert not re.search("planted|4711|true", text), text


def test_what_is_no_secret_stays() -> None:
    """Masking leaves names of headers, addresses of key sets, harmless headers and usual limits alone."""
    document = {
        "auth": {"auth_header_name": "Authorization"}, "jwt_source": "https://idp.test/jwks.json",
        "enable_jwt": True, "global_headers": {"Content-Type": "application/json"}, "secret": "",
        "rate": 5, "meta_data": {"plan": "gold"}, "proxy": {"target_url": "http://user.test/?q=key"},
        "access_rights": {"password": {"versions": ["v1"]}},
        "components": {"headers": {"X-A": {"schema": {"type": "string"}}}},
        "x": {"authentication": {"schemes": {"own": {"refreshToken": True}}}},
    }  # fmt: skip
    masking = Masking(["", "other"])
    assert masking.masked("apis/a", document) == document
    assert masking.replaced == []


def test_made_up_names_of_keys_are_stable_and_tell_nothing() -> None:
    """A key has one made-up name for each secret of a gateway; an import and another export keep it."""
    name = KeyNames("secret").name("acmeid", {"org_id": "acme"})
    assert re.fullmatch("made-up-[0-9a-f]{24}", name)
    assert name == KeyNames("secret").name("acmeid", {})
    assert name != KeyNames("other").name("acmeid", {})
    assert KeyNames("other").name(f"acme{name}", {"org_id": "acme"}) == name
    session = marked(name, {"meta_data": {"plan": "gold"}})
    assert KeyNames("other").name("a-hash", session) == name
    assert unmarked(session) == {"meta_data": {"plan": "gold"}}
    assert unmarked(marked(name, {})) == {}
    assert KeyNames("s").name("id", {"meta_data": {"tyk-contract-key": "../../x"}}).startswith("made-up-")


def test_contents_take_each_id_once() -> None:
    """Contents name a document without an id, one that is no object, and one whose id is taken."""
    contents = Contents("files")
    for name, document in (("", {}), ("gold", []), ("gold", {}), ("gold", {})):
        contents.add("policies", name, document)
    assert [line.partition(": ")[2] for line in contents.problems] == [
        "it has no id", "it is not a JSON object", "there is another one with this id",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "before", "is_same"),
    [
        ({"rate": 5}, {"rate": 5.0, "per": 0, "tags": None, "limit": {"rate": 0}, "timeout": "0s"}, True),
        ({"rate": 5, "tags": []}, {"rate": 5}, True),
        ({"secret": REPLACED}, {"secret": "another"}, True),
        ({"secret": REPLACED}, {}, False),
        ({"rate": 5}, {"rate": 6}, False),
        ({"rate": 5}, {"rate": 5, "per": 1}, False),
        ({"rate": 5, "per": 1}, {"rate": 5}, False),
        ({"tags": ["a", "b"]}, {"tags": ["a"]}, False),
        ({"limits": [{"rate": 1}]}, {"limits": [{"rate": 1, "per": 0}]}, True),
    ],
)
def test_members_that_say_nothing_make_no_difference(document: Any, before: Any, is_same: bool) -> None:
    """`import` takes a document for the same if they differ in members that say nothing, or in a replaced secret."""
    assert covers(document, before) is is_same
