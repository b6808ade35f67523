"""The resources of the Tyk Gateway's API: clients, keys, organisations, APIs and policies."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from contract_tests.engine.ownership import OBJECT_ID_PREFIX
from contract_tests.engine.resources import PREFIX, Get, Resource, Write, quoted, run_prefix
from mockserver.contract.codecs import Codec, policy_ids
from mockserver.contract.openapi import Contract

POLICIES = "/tyk/policies"
KEYS = "/tyk/keys"
APIS = "/tyk/apis"
ORGANISATIONS = "/tyk/org/keys"
CLIENTS = "/tyk/oauth/clients"

_GENERATED_KEY_PREFIX = base64.b64encode(f'{{"org":"{PREFIX}'.encode()).decode()  # of the gateway's names


@cache
def _id_codec(contract: Contract) -> Codec:
    return policy_ids(Codec.of(contract, "Policy"))  # no other member identifies the policy


def _policy_ids(write: Write) -> list[str]:
    if write.method == "DELETE":
        return [write.path] if write.path else []
    policy, _ = _id_codec(write.contract).decode_leniently(write.body)
    return [name for name in (policy["id"] or policy["_id"], write.path) if name]


def _listed_policies(get: Get) -> Iterator[str]:
    policies = get(POLICIES)
    if not isinstance(policies, list):
        raise ValueError(f"GET {POLICIES} does not answer with a list; check the secret")
    yield from (str(policy.get("id", "")) for policy in policies if isinstance(policy, dict))


def _run_of_policy(name: str) -> str:
    """The run's prefix in a policy's id; the short prefix of early runs and database ids count too."""
    prefixes = (PREFIX, OBJECT_ID_PREFIX)
    return run_prefix(name) or next((prefix for prefix in prefixes if name.startswith(prefix)), "")


def _key_name(write: Write) -> str:
    return write.path.removeprefix("policy/")


def _key_ids(write: Write) -> list[str]:
    return [_key_name(write)] if _key_name(write) not in ("", "create", "preview") else []


def _key_refusal(write: Write) -> str:
    """The reason to refuse the write of an unnamed key; "" if its organisation is the run's."""
    if _key_name(write) not in ("", "create") or (not write.path and write.method != "POST"):
        return ""
    if b'"org_id"' in write.body and f'"{write.run}"'.encode() not in write.body:
        return f"its organisation is not {write.run!r}"
    return ""


def _key_in_answer(answer: Any, run: str) -> str:
    """The id of an added key, if it has the run's prefix or is JSON in base64."""
    key = str(answer.get("key")) if isinstance(answer, dict) and answer.get("action") == "added" else ""
    return key if key.startswith((run, "ey")) else ""


def _key_target(prefix: str, name: str, run: str) -> str:
    return f"{prefix}/{quoted(name)}?org_id={run}"


def _listed_keys(get: Get) -> Iterator[str]:
    for prefix in (PREFIX, _GENERATED_KEY_PREFIX):
        yield from _keys(get(f"{KEYS}?filter={prefix}"))


def _run_of_key(name: str) -> str:
    """The prefix of the run that a key belongs to, from its name or its organisation."""
    if name.startswith(_GENERATED_KEY_PREFIX):
        padded = name + "=" * (-len(name) % 4)
        name = base64.urlsafe_b64decode(padded).decode("utf-8", "replace").removeprefix('{"org":"')
    return run_prefix(name)


def _api_ids(write: Write) -> list[str]:
    return [name for name in (write.path, write.member("api_id")) if name]


def _api_path(write: Write) -> list[str]:
    path = write.member("proxy", "listen_path").strip("/")
    return [path] if write.method != "DELETE" and path else []


def _listed_apis(get: Get) -> Iterable[str]:
    return _texts(get(APIS), "api_id")


def _client_ids(write: Write) -> list[str]:
    api, client = write.member("api_id"), write.member("client_id")
    return [f"{api}/{client}"] if write.path == "create" and api and client else []


def _api_of_client(write: Write) -> list[str]:
    api = write.member("api_id") if write.path == "create" else write.path.partition("/")[0]
    return [api] if api else []


def _client_target(prefix: str, name: str, run: str) -> str:
    api, _, client = name.partition("/")
    return f"{prefix}/{quoted(api)}/{quoted(client)}"


def _listed_clients(get: Get) -> Iterator[str]:
    for api in _listed_apis(get):
        if run_prefix(api):
            yield from (f"{api}/{name}" for name in _texts(get(f"{CLIENTS}/{quoted(api)}"), "client_id"))


def _texts(items: Any, member: str) -> list[str]:
    objects = items if isinstance(items, list) else []
    return [str(item[member]) for item in objects if isinstance(item, dict) and member in item]


def _keys(answer: Any) -> list[str]:
    names = answer.get("keys") if isinstance(answer, dict) else None
    return [str(name) for name in names or ()]


CLIENT = Resource(
    "client", CLIENTS,
    ids_of=_client_ids, also_named=_api_of_client, delete_target=_client_target, listed=_listed_clients,
    group="/tyk/oauth", is_slow=True,
)  # fmt: skip
KEY = Resource(
    "key", KEYS,
    ids_of=_key_ids, refusal=_key_refusal, id_in_answer=_key_in_answer, delete_target=_key_target,
    listed=_listed_keys, run_of=_run_of_key,
)  # fmt: skip
ORGANISATION = Resource(
    "organisation", ORGANISATIONS,
    listed=lambda get: _keys(get(ORGANISATIONS)), group="/tyk/org", is_slow=True,
)  # fmt: skip
API = Resource(
    "API", APIS,
    ids_of=_api_ids, also_named=_api_path, listed=_listed_apis, loaded_by_reload=True, is_slow=True,
)  # fmt: skip
POLICY = Resource(
    "policy", POLICIES,
    ids_of=_policy_ids, listed=_listed_policies, run_of=_run_of_policy, loaded_by_reload=True,
    is_optional=False,
)  # fmt: skip

RESOURCES = (CLIENT, KEY, ORGANISATION, API, POLICY)  # in the order of removal: a client needs its API
