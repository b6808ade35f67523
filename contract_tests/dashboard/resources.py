"""The resources of the Tyk Dashboard's API: policies, their APIs, nodes, and the users of a recording."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from contract_tests.engine.names import run_of
from contract_tests.engine.resources import Get, Resource, Write, nothing, quoted

POLICIES = "/api/portal/policies"
USERS = "/api/users"
APIS = "/api/apis"
GRAPHQL = "/graphql"
_OBJECT_ID = re.compile("[0-9a-fA-F]{24}")  # any other text in its place is refused


def _policy_ids(write: Write) -> list[str]:
    """The database ids that a write may store a policy under, but for one that the Dashboard chooses."""
    given = [name for name in write.texts("_id") if _OBJECT_ID.fullmatch(name)]
    return [*given, write.path] if write.path else given


def _policy_in_answer(write: Write, answer: Any) -> str:
    """The database id in the answer to a create that gave one; another one is not that of this policy."""
    message = answer.get("Message") if isinstance(answer, dict) and answer.get("Status") == "OK" else None
    return str(message) if message and _policy_ids(write) else ""


def _objects(get: Get, target: str, member: str) -> list[dict[str, Any]]:
    """The objects in a list of all.

    Raises:
        ValueError: the answer is no list.
    """
    listing = get(target)
    objects = listing.get(member) if isinstance(listing, dict) else None
    if not isinstance(objects, list):
        raise ValueError(f"GET {target} does not answer with a list; check the key")
    return [node for node in objects if isinstance(node, dict)]


def _shown_policies(get: Get) -> Iterable[tuple[str, str]]:
    """Policies by database id; the name tells whose a policy is, or a database id that a run gave."""
    for policy in _objects(get, f"{POLICIES}?p=-1", "Data"):
        object_id, name = str(policy.get("_id", "")), str(policy.get("name", ""))
        if _OBJECT_ID.fullmatch(object_id):
            yield object_id, object_id if run_of(object_id) else name


def _listed_policies(get: Get) -> Iterable[str]:
    return [object_id for object_id, _ in _shown_policies(get)]


def _texts_in_document(write: Write) -> str:
    """The reason why a document of GraphQL is unsafe: a text in it might name a policy of others."""
    has_texts = any('"' in document for document in write.texts("query"))
    return "a document of GraphQL must have its texts in variables" if has_texts else ""


def _body(write: Write) -> str:
    """The reason why a write with a body is unsafe: it might make a thing that nobody could recognise."""
    return "it has a body, and the suite makes no such thing" if write.body else ""


def _shown_users(get: Get) -> Iterable[tuple[str, str]]:
    """Users by database id, if the key may see them; the e-mail address tells whose a user is."""
    target = f"{USERS}?p=-1"
    if get(target) is None:
        return
    for user in _objects(get, target, "users"):
        user_id, address = str(user.get("id", "")), str(user.get("email_address", ""))
        if _OBJECT_ID.fullmatch(user_id):
            yield user_id, address


def _shown_apis(get: Get) -> Iterable[tuple[str, str]]:
    """APIs by database id, if the key may see a list of them; the name tells whose an API is."""
    listing = get(f"{APIS}?p=-1")
    wrappers = listing.get("apis") if isinstance(listing, dict) else None
    for wrapper in wrappers if isinstance(wrappers, list) else ():
        definition = API.thing_in(wrapper)
        if isinstance(definition, dict) and _OBJECT_ID.fullmatch(str(definition.get("id", ""))):
            yield str(definition["id"]), str(definition.get("name", ""))


POLICY = Resource(
    "policy", POLICIES,
    named_by=("name", "id", "_id"), ids_of=_policy_ids, name_in_answer=_policy_in_answer,
    listed=_listed_policies, shown=_shown_policies, is_optional=False,
)  # fmt: skip

API = Resource(
    "API", APIS,
    named_by=tuple(
        f"api_definition.{member}" for member in ("name", "api_id", "id", "slug", "proxy.listen_path")
    ),
    ids_of=nothing, name_in_answer=lambda *_: "", shown=_shown_apis, shown_within="api_definition",
)  # fmt: skip

USER = Resource(
    "user", USERS, named_by=("email_address",), ids_of=nothing, shown=_shown_users, is_optional=False
)

IMPORT = Resource(
    "policy", "/admin/policies/import",
    named_by=("Data.name", "Data.id", "Data._id"), ids_of=nothing, is_optional=False,
)  # fmt: skip

NODE = Resource(  # named by a header, with a nonce that only the run has
    "node", "/system/node", names_of=nothing, ids_of=nothing
)

GRAPHQL_REQUEST = Resource(
    "policy of GraphQL", GRAPHQL,
    named_by=("variables.id", *(f"variables.policy.{member}" for member in ("name", "id", "_id"))),
    ids_of=lambda write: list(filter(_OBJECT_ID.fullmatch, write.texts("variables.policy._id"))),
    delete_target=lambda _, name, __: f"{POLICIES}/{quoted(name)}",
    refusal=_texts_in_document, name_in_answer=lambda *_: "",
)  # fmt: skip

REFUSED = tuple(  # paths of things that the suite makes none of, and asks for without the key
    Resource(
        kind, prefix,
        ids_of=nothing, refusal=_body, name_in_answer=lambda *_: "", is_optional=False,
    )
    for kind, prefix in (
        ("key", "/api/keys"), ("basic user", f"{APIS}/keys/basic"), ("client", f"{APIS}/oauth"),
        ("API in OpenAPI form", f"{APIS}/oas"), ("asset", "/api/assets"),
    )
)  # fmt: skip

RESOURCES = (POLICY, API, USER, IMPORT, GRAPHQL_REQUEST, NODE, *REFUSED)
