"""JSON Web Key Sets that are fetched to verify tokens (gateway/mw_jwt.go:205 @v5.12.0)."""

from __future__ import annotations

from typing import Any

from mockserver.gateway.jwks_cache import Unreadable
from mockserver.gateway.oas import durations
from mockserver.gateway.proxy import older_key_sets
from mockserver.gateway.proxy.fetching import BOUNDS, fetched
from mockserver.gateway.proxy.older_key_sets import MOST_KEYS
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.golang import json_reader
from mockserver.golang.absolute_urls import BadUrl
from mockserver.golang.base64_texts import decode
from mockserver.golang.scalars import ANY, Problems
from mockserver.http.deadline import Deadline
from mockserver.http.outgoing import TransportError

KeySet = dict[str, Any]  # the key that is used for each key id


class BadKeySet(Exception):
    """The text is no set of keys that the gateway takes; it then has none of its keys."""


_UNUSABLE = (BadUrl, BadKeySet, Rejected, TransportError)


def fetched_key(context: RequestContext, url: str, key_id: Any) -> Any:
    """The key with the id in the key set at the URL; None if there is none, or no such set.

    A set that is not taken is read by the older reader.
    """
    api, cache, deadline = context.api, context.gateway.jwks_cache, Deadline(BOUNDS.seconds)
    if not isinstance(key_id, str):
        return None
    try:
        key_set = cache.get(api.id, url)
        if key_set is None:
            key_set = parse(fetched(context.gateway, url, deadline).body)
            cache.keep(api.id, api.fields["jwt_source"], url, key_set)
    except Unreadable:
        return None
    except _UNUSABLE:
        return _older_key(context, url, key_id, deadline)
    return key_set.get(key_id)


def _older_key(context: RequestContext, url: str, key_id: str, deadline: Deadline) -> Any:
    """The key with the id in the set at the URL, as the older reader takes it; None if there is none.

    Source: gateway/mw_jwt.go:139 @v5.12.0.
    """
    api, cache = context.api, context.gateway.jwks_cache
    keys = cache.get_older(api.id, url)
    if keys is None:
        try:
            keys = older_key_sets.parse(fetched(context.gateway, url, deadline).body)
        except (Rejected, TransportError, ValueError):
            return None
        cache.keep_older(api.id, url, keys)
    return older_key_sets.find(keys, key_id, api.fields["jwt_signing_method"])


def key_of_several(context: RequestContext, key_id: Any) -> Any:
    """The key with the id in the first of the key sets at the API's URLs; None if none has it.

    URLs without a key set are asked again with all others only, and read by the older reader only then.
    Source: gateway/mw_jwt.go:390 @v5.12.0.
    """
    api, cache = context.api, context.gateway.jwks_cache
    if not isinstance(key_id, str):
        return None
    items, unusable = api.fields["jwt_jwks_uris"], list[str]()
    deadline = Deadline(BOUNDS.seconds)
    key_sets = cache.get_several(api.id, api.document, [item["url"] for item in items])
    if not key_sets:
        cache.forget(api.id)
        several: dict[str, tuple[KeySet, int]] = {}
        for item in items:
            try:
                key_set = parse(fetched(context.gateway, item["url"], deadline).body)
                several[item["url"]] = key_set, durations.seconds(item["cache_timeout"])
            except _UNUSABLE:
                unusable.append(item["url"])
        if several:
            cache.keep_several(api.id, api.document, several)
        key_sets = [key_set for key_set, _ in several.values()]
    for key_set in key_sets:
        if key_id in key_set:
            return key_set[key_id]
    keys = (_older_key(context, url, key_id, deadline) for url in unusable)
    return next((key for key in keys if key is not None), None)


def parse(text: bytes, *, whole: bool = True) -> KeySet:
    """The keys of a JSON Web Key Set by their ids, the first of each id.

    As in go-jose, one key that is malformed or of an unknown type makes the whole set unusable. More may
    follow the set unless `whole`.

    Raises:
        BadKeySet: the text is no key set, or has over `MOST_KEYS` keys.
    """
    try:
        node, rest = json_reader.read(text)
    except json_reader.JSONSyntaxError as error:
        raise BadKeySet(str(error)) from error
    problems = Problems()
    value = ANY.decode(node, None, problems)
    if (whole and rest.strip(json_reader.WHITE_SPACE)) or problems.notes or not isinstance(value or {}, dict):
        raise BadKeySet("it is not one JSON object")
    keys = (value or {}).get("keys") or []
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        raise BadKeySet(f"its keys are not an array of up to {MOST_KEYS}")
    key_set: KeySet = {}
    for key in keys:
        key_id, parsed = _key(key)
        key_set.setdefault(key_id, parsed)
    return key_set


def _key(value: Any) -> tuple[str, Any]:
    """The id and the key of one member of a key set; its `alg` and `use` are not looked at."""
    from jwt import PyJWTError, algorithms

    kinds: dict[str, Any] = {
        "RSA": algorithms.RSAAlgorithm, "EC": algorithms.ECAlgorithm, "oct": algorithms.HMACAlgorithm,
        "OKP": algorithms.OKPAlgorithm,
    }  # fmt: skip
    if not isinstance(value, dict) or not isinstance(value.get("kid", ""), str):
        raise BadKeySet("a key is not an object, or its kid is not a string")
    kind = kinds.get(str(value.get("kty")))
    if kind is None:
        raise BadKeySet("a key has an unknown kty")
    if "d" in value:  # a private key, with which a gateway verifies nothing; its numbers may take hours
        return value.get("kid", ""), None
    try:
        key = kind.from_jwk(value)
        _check_certificates(value.get("x5c") or [], key)
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadKeySet("a key is malformed") from error  # the parser does not check the types of members
    return value.get("kid", ""), key


def _check_certificates(texts: list[str], key: Any) -> None:
    """Check that the certificates of a key are in DER, and that the first one is for the key.

    Raises:
        ValueError, TypeError: they are not.
    """
    from cryptography import x509

    certificates = [x509.load_der_x509_certificate(decode(text)) for text in texts]
    if certificates and certificates[0].public_key() != key:
        raise ValueError("the certificate is for another key")
