"""Sessions: what a key has. Their document, where they are kept, and their policies applied."""

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
    return None if problems.found else policies


def application_of(
    session: Document,
    store: PolicyStore,
    codec: Codec,
    behaviours: frozenset[str],
    api_org: str | None = None,
) -> PolicyApplication:
    """The application of a session's policies; `run` does it."""
    named = session["apply_policies"] or ([session["apply_policy_id"]] if session["apply_policy_id"] else [])
    org_id = session["org_id"] or api_org or ""
    stored: list[tuple[str, Any]] = [(name, store.lend(name, org_id)) for name in named]
    own = own_policies(session, store.codec)
    listed = stored or None
    if own is not None:
        by_id = {policy["id"]: policy for policy in reversed(own)}
        found = own if "own-policies-by-place" in behaviours else [by_id[policy["id"]] for policy in own]
        listed = [(policy["id"], policy) for policy in found]
        if not own and "own-policies-by-place" not in behaviours:
            listed = None
    to_clear = []
    for _, policy in stored:
        if policy is None:
            break
        to_clear.append(policy)
    release = partial(store.take_back, named, org_id)
    return PolicyApplication(session, listed, to_clear, partial(fresh_right, codec), release, api_org)


def lifetime(session: Document, api: Api, config: Config, now: float) -> int:
    """For how many seconds a session is kept for an API; 0 is for ever (user/session.go:408 @v5.12.0)."""
    if config.force_global_session_lifetime:
        return config.global_session_lifetime
    seconds = int(session["session_lifetime"] or api.fields["session_lifetime"])
    if seconds <= 0:
        return 0
    if not api.fields["session_lifetime_respects_key_expiration"]:
        return seconds
    expires = int(session["expires"])
    if expires <= 0:
        return 0
    return max(seconds, expires - int(now))


_Kept = tuple[str, float | None]  # its text, and until when in seconds since the epoch; None is for ever


class SessionStore:
    """Keys and their sessions, as a gateway keeps them in Redis: by name, or by the name's hash.

    Attributes:
        cache: what requests to APIs find before they look here.
    """

    def __init__(self, codec: Codec, config: Config, now: Callable[[], float], entries: KeyValueMap) -> None:
        self.cache = SessionCache(now, hashed=config.hash_keys)
        self._codec = codec
        self._config = config
        self._now = now
        self._kept = entries  # of _Kept

    def name_of(self, org_id: str, name: str) -> str:
        """The full id of a key of an organisation."""
        return key_ids.make(org_id, name, self._config.hash_key_function)

    def storage_name(self, key: str) -> str:
        """The name that a key is kept under."""
        return key_ids.storage_name(key, hashed=self._config.hash_keys)

    def find(self, org_id: str, key: str, *, by_hash: bool = False) -> tuple[str, Document] | None:
        """A key by its id, or by that without its organisation (gateway/auth_manager.go:161 @v5.12.0)."""
        candidates = [key]
        if not by_hash and key_ids.organisation_of(key) != org_id:
            candidates = [self.name_of(org_id, key), key]
        for each in candidates:
            kept = self._kept.get(each if by_hash else self.storage_name(each))
            if kept is not None and self._lasts(kept):
                return each, self._codec.decode(kept[0].encode())
        return None

    def save(self, key: str, session: Document, *, by_hash: bool = False, seconds: int = 0) -> None:
        """Keep a session under a key, for so long; 0 is for ever."""
        until = self._now() + seconds if seconds > 0 else None
        name = key if by_hash else self.storage_name(key)
        self._kept[name] = (self._codec.encode(session), until)
        self.cache.forget(name)

    def remove(self, org_id: str, key: str, *, by_hash: bool = False) -> bool:
        """Forget a key; say whether it was there."""
        names = {key} if by_hash else {self.storage_name(key), self.storage_name(self.name_of(org_id, key))}
        found = [self._kept.pop(name, None) for name in names]
        self.cache.forget(key if by_hash else self.storage_name(key))
        return any(kept is not None and self._lasts(kept) for kept in found)

    def names(self, prefix: str) -> list[str]:
        """The names that keys are kept under and that begin so, or whose id names that organisation.

        Redis takes the prefix for a glob (storage/redis_cluster.go:448 @v5.12.0).
        """
        token = base64.b64encode(f'{{"org":"{prefix}"'.encode()).decode().rstrip("=")[:-2]
        return [
            name
            for name, kept in self._kept.copy().items()
            if self._lasts(kept)
            and (fnmatch.fnmatchcase(name, f"{prefix}*") or (prefix and name.startswith(token)))
        ]

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
        self.cache.clear()

    def _lasts(self, kept: _Kept) -> bool:
        return kept[1] is None or kept[1] > self._now()
