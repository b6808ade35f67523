"""The resources of the Tyk Gateway's API: clients, keys, organisations, APIs and policies."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

from contract_tests.engine.names import PREFIX, run_of
from contract_tests.engine.resources import Get, Resource, Write, nothing, quoted
from mockserver.contract.codecs import Codec, policy_ids
from mockserver.contract.openapi import Contract

POLICIES = "/tyk/policies"
KEYS = "/tyk/keys"
APIS = "/tyk/apis"
OPEN_APIS = f"{APIS}/oas"  # APIs in OpenAPI form
ORGANISATIONS = "/tyk/org/keys"
OAUTH = "/tyk/oauth"
CLIENTS = f"{OAUTH}/clients"
CACHES = "/tyk/cache"
CERTIFICATES = "/tyk/certs"

_KEY_PREFIXES = (  # of names that begin with a run's prefix, and of those that a gateway makes of them
    PREFIX,
    *(
        base64.b64encode(text[: len(text) // 3 * 3].encode()).decode()  # else its end would tell more
        for text in (f'{{"org":"{PREFIX}', f'{{"org":"","id":"{PREFIX}')
    ),
)
_EXTENSION = "x-tyk-api-gateway"  # the gateway's part of an API in OpenAPI form
_OBJECT_ID = re.compile("[0-9a-fA-F]{24}")  # any other text in its place is refused
_GENERATED_CLIENT = re.compile("[0-9a-f]{32}")


@cache
def _id_codec(contract: Contract) -> Codec:
    return policy_ids(Codec.of(contract, "Policy"))  # no other member identifies the policy


@lru_cache(8)  # a request is checked before it is sent, and again for its answer
def _policy_id(contract: Contract, body: bytes) -> str:
    policy, _ = _id_codec(contract).decode_leniently(body)
    return str(policy["id"] or policy["_id"])


def _policy_ids(write: Write) -> list[str]:
    return [name for name in (_policy_id(write.contract, write.body), write.path) if name]


def _policy_names(write: Write) -> list[str]:
    object_ids = (*write.texts("_id"), *write.texts("_id.$oid"))
    return [name for name in (*filter(_OBJECT_ID.fullmatch, object_ids), write.path) if name]


def _listed_policies(get: Get) -> Iterable[str]:
    policies = get(POLICIES)
    if not isinstance(policies, list):
        raise ValueError(f"GET {POLICIES} does not answer with a list; check the secret")
    return _texts(policies, "id")


def _key_name(write: Write) -> str:
    """The key in a path, where a POST may have a verb; "" if there is none."""
    if write.method != "POST":
        return write.path
    return "" if write.path == "create" else write.path.removeprefix("policy/")


def _key_names(write: Write) -> list[str]:
    return [name] if (name := _key_name(write)) else []


def _key_refusal(write: Write) -> str:
    """The reason to refuse a key that the gateway would name for no organisation."""
    is_named = bool(_key_name(write) or write.texts("org_id"))
    is_creation = write.method == "POST" and write.is_object
    return (
        "it makes a key without org_id, which nobody could recognise" if is_creation and not is_named else ""
    )


def _key_target(prefix: str, name: str, run: str) -> str:
    return f"{prefix}/{quoted(name)}?org_id={run}"


def _listed_keys(get: Get) -> Iterator[str]:
    for prefix in _KEY_PREFIXES:
        yield from _keys(get(f"{KEYS}?filter={prefix}"))


def _api_ids(write: Write) -> list[str]:
    return [name for name in (write.path, *write.texts("api_id")) if name]


def _api_refusal(write: Write) -> str:
    is_unnamed = write.method == "POST" and write.is_object and not write.texts("api_id")
    return "it makes an API without api_id, which nobody could recognise" if is_unnamed else ""


def _api_bases(write: Write) -> list[str]:
    """The APIs that have others as versions: that of the query, and that of the body if it names its own."""
    own = _api_ids(write) if write.texts("version_definition.name") else []
    return [*write.texts("base_api_id"), *own]


def _open_api_bases(write: Write) -> list[str]:
    own = _open_api_ids(write) if write.texts(f"{_EXTENSION}.info.versioning.name") else []
    return [*write.texts("base_api_id"), *own]


def _listed_apis(get: Get) -> Iterable[str]:
    return _texts(get(APIS), "api_id")


def _open_api_names(write: Write) -> list[str]:
    """The API in a path, where a POST may have a verb."""
    name = write.path.partition("/")[0]
    return [] if not name or (write.method == "POST" and name == "import") else [name]


def _open_api_ids(write: Write) -> list[str]:
    return [*_open_api_names(write), *write.texts(f"{_EXTENSION}.info.id"), *write.texts("apiID")]


def _open_api_refusal(write: Write) -> str:
    is_unnamed = write.method == "POST" and write.is_object and not _open_api_ids(write)
    return "it makes an API without an id, which nobody could recognise" if is_unnamed else ""


def _is_creation(write: Write) -> bool:
    return write.method == "POST" and write.path == "create"


def _client_names(write: Write) -> list[str]:
    return [write.path] if write.path and not _is_creation(write) else []


def _client_ids(write: Write) -> list[str]:
    apis, clients = write.texts("api_id"), write.texts("client_id")
    return [f"{api}/{client}" for api in apis for client in clients if _is_creation(write)]


def _client_in_answer(write: Write, answer: Any) -> str:
    """The client of an answer below its API; by itself if it is not the one sent, nor one of a gateway."""
    client = str(answer.get("client_id") or "") if isinstance(answer, dict) else ""
    asked, apis = write.texts("client_id"), write.texts("api_id")
    if not client or not apis or not _is_creation(write):
        return ""
    is_ours = client in asked if asked else bool(_GENERATED_CLIENT.fullmatch(client))
    return f"{apis[-1]}/{client}" if is_ours else client


def _client_target(prefix: str, name: str, run: str) -> str:
    api, _, client = name.partition("/")
    return f"{prefix}/{quoted(api)}/{quoted(client)}"


def _listed_clients(get: Get) -> Iterator[str]:
    for api in _listed_apis(get):
        if run_of(api):
            yield from (f"{api}/{name}" for name in _texts(get(f"{CLIENTS}/{quoted(api)}"), "client_id"))


def _certificate_refusal(write: Write) -> str:
    is_unnamed = write.method == "POST" and not write.texts("org_id")
    return "it makes a certificate without org_id, which nobody could recognise" if is_unnamed else ""


def _certificate_in_answer(_: Write, answer: Any) -> str:
    return str(answer.get("id") or "") if isinstance(answer, dict) else ""


def _purge_refusal(write: Write) -> str:
    return "it removes tokens of all APIs" if "lapsed" in write.texts("scope") else ""


def _texts(items: Any, member: str) -> list[str]:
    objects = items if isinstance(items, list) else []
    return [str(item[member]) for item in objects if isinstance(item, dict) and member in item]


def _keys(answer: Any) -> list[str]:
    names = answer.get("keys") if isinstance(answer, dict) else None
    return [str(name) for name in names] if isinstance(names, list) else []


def _keeping_nothing(kind: str, prefix: str, **members: Any) -> Resource:
    """A row for paths where no thing is made, so that nothing is to be removed."""
    return Resource(kind, prefix, ids_of=nothing, name_in_answer=lambda *_: "", **members)


CLIENT = Resource(
    "client", CLIENTS,
    named_by=("api_id", "client_id", "policy_id"), names_of=_client_names, ids_of=_client_ids,
    name_in_answer=_client_in_answer, delete_target=_client_target, listed=_listed_clients,
    group=OAUTH, is_slow=True,
)  # fmt: skip
KEY = Resource(
    "key", KEYS,
    named_by=("org_id",), names_of=_key_names, ids_of=_key_names, refusal=_key_refusal,
    delete_target=_key_target, listed=_listed_keys,
)  # fmt: skip
ORGANISATION = Resource(
    "organisation", ORGANISATIONS,
    named_by=("org_id",), listed=lambda get: _keys(get(ORGANISATIONS)), group="/tyk/org", is_slow=True,
)  # fmt: skip
API = Resource(
    "API", APIS,
    named_by=("api_id", "id", "org_id", "base_api_id", "proxy.listen_path"), ids_of=_api_ids,
    bases_of=_api_bases, refusal=_api_refusal, listed=_listed_apis, loaded_by_reload=True, is_slow=True,
)  # fmt: skip
OPEN_API = Resource(
    "API in OpenAPI form", OPEN_APIS,
    named_by=(
        *(f"{_EXTENSION}.{member}" for member in (
            "info.id", "info.orgId", "info.versioning.versions.id", "server.listenPath.value",
        )),
        "apiID", "listenPath", "base_api_id",
    ),
    names_of=_open_api_names, ids_of=_open_api_ids, bases_of=_open_api_bases,
    refusal=_open_api_refusal,
    loaded_by_reload=True, group=APIS, is_slow=True,
)  # fmt: skip
POLICY = Resource(
    "policy", POLICIES,
    named_by=("id",), names_of=_policy_names, ids_of=_policy_ids, listed=_listed_policies,
    loaded_by_reload=True, is_optional=False,
)  # fmt: skip
_PREVIEW = _keeping_nothing(
    "preview", f"{KEYS}/preview",
    names_of=lambda write: () if write.method == "POST" else ("preview",), group=KEYS,
)  # fmt: skip
_TOKENS = [
    _keeping_nothing(
        "token", f"{OAUTH}/{path}",
        named_by=("token", "client_id", "org_id", "api_id"), refusal=_purge_refusal,
        group=OAUTH, is_slow=True,
    )
    for path in ("refresh", "revoke", "revoke_all", "tokens")
]  # fmt: skip
CERTIFICATE = Resource(
    "certificate", CERTIFICATES,
    named_by=("org_id",), ids_of=nothing, refusal=_certificate_refusal,
    name_in_answer=_certificate_in_answer, is_slow=True,
)  # fmt: skip
_CACHES = _keeping_nothing(
    "cache", CACHES,
    names_of=lambda write: [write.path.removeprefix("jwks/")], is_slow=True,
)  # fmt: skip
_STATELESS = [
    _keeping_nothing("path", path, names_of=nothing, is_optional=False)
    for path in ("/hello", "/ready", "/tyk/reload")
]
_UNKNOWN = _keeping_nothing("path", "/tyk", is_optional=False)
_FORWARDED = _keeping_nothing(
    "path of an API", "",
    named_by=("token", "refresh_token", "code", "client_id"), is_optional=False,
)  # fmt: skip

RESOURCES = (  # in the order of removal, for a client needs its API
    CLIENT, *_TOKENS, _PREVIEW, KEY, ORGANISATION, OPEN_API, API, POLICY, CERTIFICATE, _CACHES, *_STATELESS,
    _UNKNOWN, _FORWARDED,
)  # fmt: skip
