"""A store of keys and their sessions, and the application of policies to a session."""

from __future__ import annotations

import base64
import fnmatch
from collections.abc import Callable
from functools import partial
from typing import Any

from mockserver.contract.codecs import Codec
from mockserver.gateway import key_ids
from mockserver.gateway.api_definition import Api
from mockserver.gateway.config import Config
from mockserver.gateway.policy_application import PolicyApplication
from mockserver.gateway.policy_merging import Document, as_node
from mockserver.gateway.policy_store import PolicyStore
from mockserver.gateway.session_cache import SessionCache
from mockserver.golang.scalars import Problems
from mockserver.golang.structs import Map, Slice
from mockserver.golang.urls import as_bytes
from mockserver.storage.backend import KeyValueMap


def fresh_right(codec: Codec) -> Document:
    """An access definition that grants nothing, by the codec of sessions."""
    rights = codec.type.by_name["access_rights"].type
    assert isinstance(rights, Map)
    right: Document = rights.element.fresh()
    return right


def own_policies(session: Document, codec: Codec) -> list[Document] | None:
    """The policies in a session's metadata, by the codec of policies; None if they cannot be decoded."""
    listed = (session["meta_data"] or {}).get("policies")
    if not isinstance(listed, list):
        return None
    problems = Problems()
    policies: list[Document] = Slice(codec.type).decode(as_node(listed), None, problems)
    return None if problems.messages else policies


def policy_names(session: Document) -> list[str]:
    """The ids of the stored policies that a session names, in order."""
    return session["apply_policies"] or ([session["apply_policy_id"]] if session["apply_policy_id"] else [])


def application_of(
    session: Document,
    store: PolicyStore,
    codec: Codec,
    behaviours: frozenset[str],
    api_org: str | None = None,
) -> PolicyApplication:
    """The application of a session's policies, ready to `run`; `codec` is that of sessions."""
    named = policy_names(session)
    org_id = session["org_id"] or api_org or ""
    stored: list[tuple[str, Any]] = [(name, store.lend(name, org_id)) for name in named]
    inline = own_policies(session, store.codec)
    listed = stored or None
    if inline is not None:
        by_id = {policy["id"]: policy for policy in reversed(inline)}
        policies = (
            inline if "own-policies-by-place" in behaviours else [by_id[policy["id"]] for policy in inline]
        )
        listed = [(policy["id"], policy) for policy in policies]
        if not inline and "own-policies-by-place" not in behaviours:
            listed = None
    to_clear = []
    for _, policy in stored:
        if policy is None:
            break
        to_clear.append(policy)
    release = partial(store.take_back, named, org_id)
    return PolicyApplication(session, listed, to_clear, partial(fresh_right, codec), release, api_org)


FOR_EVER = -1  # a lifetime that outlasts all others


def lifetime(session: Document, api: Api, config: Config, now: float) -> int:
    """The seconds for which a session is stored for an API; 0 and `FOR_EVER` are unlimited.

    Source: user/session.go:408 @v5.12.0, and :425 @v5.13.1.
    """
    if config.force_global_session_lifetime:
        return config.global_session_lifetime
    action, grace = session.get("post_expiry_action"), int(session.get("post_expiry_grace_period", 0))
    if action == "delete" or (action == "retain" and grace):
        return _seconds_after_expiry(int(session["expires"]), 0 if action == "delete" else grace, now)
    seconds = int(session["session_lifetime"] or api.fields["session_lifetime"])
    if seconds <= 0:
        return 0
    if not api.fields["session_lifetime_respects_key_expiration"]:
        return seconds
    expires = int(session["expires"])
    if expires <= 0:
        return 0
    return max(seconds, expires - int(now))


def _seconds_after_expiry(expires: int, grace: int, now: float) -> int:
    """The seconds until the removal of a key that stays after its expiry, for ever with a grace of -1."""
    if expires <= 0:
        return 0
    return FOR_EVER if grace == FOR_EVER else max(1, expires - int(now) + grace)


_Entry = tuple[str, float | None]  # a session's text, and its expiry in seconds since the epoch or None


def is_entry(codec: Codec, value: Any) -> bool:
    """True for the JSON of an `_Entry`.

    Raises:
        ValueError: its text is not that of a session.
    """
    match value:
        case [str(text), None | float() | int()]:
            return bool(codec.decode(text.encode()))
    return False


class SessionStore:
    """Keys and their sessions by storage name, as a gateway stores them in Redis.

    Attributes:
        cache: the cache that requests to APIs read before this store.
    """

    def __init__(self, codec: Codec, config: Config, now: Callable[[], float], entries: KeyValueMap) -> None:
        caches = not config.local_session_cache__disable_cached_session_state
        self.cache = SessionCache(now, hashed=config.hash_keys, is_on=caches)
        self._codec = codec
        self._config = config
        self._now = now
        self._entries = entries  # of _Entry

    def name_of(self, org_id: str, name: str) -> str:
        """The full id of a key of an organisation, from its name."""
        return key_ids.make(org_id, name, self._config.hash_key_function)

    def storage_name(self, key: str) -> str:
        """The name under which a key is stored: the key, or its hash."""
        return key_ids.storage_name(key, hashed=self._config.hash_keys)

    def find(self, org_id: str, key: str, *, by_hash: bool = False) -> tuple[str, Document] | None:
        """The full id and the session of a key, by its id with or without the organisation.

        With `by_hash` the key is a storage name. None if there is no such key, or it has expired.
        Source: gateway/auth_manager.go:161 @v5.12.0.
        """
        candidates = [key]
        takes_names = not self._config.disable_key_actions_by_username
        if takes_names and not by_hash and key_ids.organisation_of(key) != org_id:
            candidates = [self.name_of(org_id, key), key]
            former = self._config.hash_key_function_fallback
            candidates += [key_ids.make(org_id, key, function) for function in former]
        for candidate in candidates:
            entry = self._entries.get(candidate if by_hash else self.storage_name(candidate))
            if entry is not None and self._lasts(entry):
                return candidate, self._codec.decode(entry[0].encode())
        return None

    def save(self, key: str, session: Document, *, by_hash: bool = False, seconds: int = 0) -> None:
        """Store the session of a key for some seconds; 0 is unlimited."""
        until = self._now() + seconds if seconds > 0 else None
        name = key if by_hash else self.storage_name(key)
        self._entries[name] = (self._codec.encode(session), until)
        self.cache.forget(name)

    def remove(self, org_id: str, key: str, *, by_hash: bool = False) -> bool:
        """Remove a key, with or without the organisation in its id. True if it existed."""
        names = {key} if by_hash else {self.storage_name(key), self.storage_name(self.name_of(org_id, key))}
        removed = [self._entries.pop(name, None) for name in names]
        self.cache.forget(key if by_hash else self.storage_name(key))
        return any(entry is not None and self._lasts(entry) for entry in removed)

    def names(self, prefix: str) -> list[str]:
        """The storage names that begin with a prefix, or encode an id of the organisation of that name.

        Redis treats the prefix as a glob pattern (storage/redis_cluster.go:448 @v5.12.0).
        """
        token = base64.b64encode(as_bytes(f'{{"org":"{prefix}"')).decode().rstrip("=")[:-2]
        return [
            name
            for name, entry in self._entries.copy().items()
            if self._lasts(entry)
            and (fnmatch.fnmatchcase(name, f"{prefix}*") or (prefix and name.startswith(token)))
        ]

    def clear(self) -> None:
        """Clear the cache; the keys are the backend's."""
        self.cache.clear()

    def _lasts(self, entry: _Entry) -> bool:
        return entry[1] is None or entry[1] > self._now()
