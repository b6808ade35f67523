"""The impact of a change of policies on sessions: what each session has before and after it.

Both states are made by the application of policies, by the rules of one gateway version. A session that a
gateway shows has its policies applied already; where no policy decides a value any more, a gateway falls back
to the session as it was last saved, which it shows to nobody. `SessionImpact.saved` names these values.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mockserver.contract.behaviours import load
from mockserver.contract.codecs import Codec
from mockserver.contract.openapi import Contract
from mockserver.contract.versions import GatewayVersion
from mockserver.gateway.explanation import origin_of, values_of
from mockserver.gateway.loaded_policies import Policy
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.policy_store import PolicyStore
from mockserver.gateway.provenance import OF_SESSION, OF_SINGLE_API, Origins, PoliciesNotApplicable
from mockserver.gateway.session_impact import Key, MemberChange, Outcome, SessionImpact
from mockserver.gateway.session_store import application_of, own_policies, policy_names
from mockserver.golang import json_writer
from mockserver.storage.files import MemoryFiles

COUNTERS = {"quota_remaining", "quota_renews", "last_updated", "allowance", "last_check"}  # of use, no limits

FLAGS = ("hmac_enabled", "enable_http_signature_validation")
UNORDERED = {"tags", "endpoints", "json_rpc_methods", "mcp_primitives"}  # lists whose order a gateway chooses


@dataclass(frozen=True)
class _Applied:
    """A session after its policies were applied.

    Attributes:
        session: the session.
        origins: the origins of its values.
        cleared: its own limits that were reset before, for policies decide them.
        given: what its policies add to what it has: tags and flags, with the names of their members.
        error: the gateway's reason to refuse it; "" if there is none.
    """

    session: Document
    origins: Origins = field(default_factory=Origins)
    cleared: frozenset[str] = frozenset()
    given: frozenset[tuple[str, Any]] = frozenset()
    error: str = ""


class _UnsharedPolicies(PolicyStore):
    """Policies of which each session has a copy, so that the order of the sessions does not matter.

    A real gateway lets sessions change nested documents of its policies (policy_merging.py).
    """

    def lend(self, policy_id: str, org_id: str) -> Policy | None:
        return copy.deepcopy(super().lend(policy_id, org_id))


class Rules:
    """The rules by which a gateway version applies policies to sessions.

    Attributes:
        version: the gateway version.
        behaviours: the ids of its behaviours.
        policies: the codec of policies.
        sessions: the codec of sessions.
    """

    def __init__(self, version: GatewayVersion) -> None:
        self.version = version
        self.behaviours = load().of(version)
        contract = Contract.load(version)
        self.policies = Codec.of(contract, "Policy")
        self.sessions = Codec.of(contract, "SessionState")

    def store(self, policies: Iterable[Policy]) -> PolicyStore:
        """A store that has loaded these policies."""
        store = _UnsharedPolicies(self.policies, MemoryFiles(), behaviours=self.behaviours)
        store.load(policies)
        return store

    def apply(self, session: Document, store: PolicyStore) -> _Applied:
        """A copy of a session with its policies applied as far as possible."""
        session = copy.deepcopy(session)
        application = application_of(session, store, self.sessions, self.behaviours)
        given = {pair for _, policy in application.listed or [] if policy for pair in _given(policy)}
        error = ""
        try:
            application.run()
        except PoliciesNotApplicable as refusal:
            error = str(refusal)
        return _Applied(session, application.origins, frozenset(application.cleared), frozenset(given), error)


def assess(
    rules: Rules,
    before: Iterable[Policy],
    after: Iterable[Policy],
    keys: Sequence[Key],
    moves: Mapping[str, str] | None = None,
) -> list[SessionImpact]:
    """The impact on each key of a change of the policies.

    Args:
        rules: the rules of the gateway's version.
        before: the policies that are loaded.
        after: the policies that would be loaded.
        keys: the keys with their sessions.
        moves: the new names of policies in the sessions afterwards, by their old names.
    """
    store_before, store_after = rules.store(before), rules.store(after)
    return [_impact(rules, key, store_before, store_after, moves or {}) for key in keys]


def moved(names: Sequence[str], moves: Mapping[str, str]) -> list[str]:
    """Names of policies with the old ones replaced, each once."""
    return list(dict.fromkeys(moves.get(name, name) for name in names))


def mismatched(rules: Rules, policies: Iterable[Policy], keys: Iterable[Key]) -> list[Key]:
    """The keys whose sessions, as a gateway shows them, are not what the rules make of these policies."""
    store = rules.store(policies)
    return [key for key in keys if any(_changes(_Applied(key.session), rules.apply(key.session, store)))]


def counts(impacts: Iterable[SessionImpact]) -> dict[Outcome, int]:
    """The number of sessions by outcome, in the order of `Outcome`."""
    found = Counter(impact.outcome for impact in impacts)
    return {outcome: found[outcome] for outcome in Outcome}


def _impact(
    rules: Rules, key: Key, store_before: PolicyStore, store_after: PolicyStore, moves: Mapping[str, str]
) -> SessionImpact:
    names = policy_names(key.session)
    before = rules.apply(key.session, store_before)
    session = key.session
    if moves.keys() & set(names):
        session = {**session, "apply_policies": moved(names, moves), "apply_policy_id": ""}
    after = rules.apply(session, store_after)
    changes = tuple(_changes(before, after))
    return SessionImpact(
        key=key,
        policies=tuple(names),
        outcome=_outcome(
            before, after, has_changes=bool(changes), is_orphan=_is_orphan(session, store_after)
        ),
        refusal=after.error,
        changes=changes,
        saved=() if after.error else tuple(_saved(before, after)),
        session=after.session,
    )


def _outcome(before: _Applied, after: _Applied, *, has_changes: bool, is_orphan: bool) -> Outcome:
    if before.error and after.error:
        return Outcome.STILL_REFUSED
    if after.error:
        return Outcome.ORPHANED if is_orphan else Outcome.REFUSED
    if before.error:
        return Outcome.RESTORED
    return Outcome.CHANGED if has_changes else Outcome.UNCHANGED


def _is_orphan(session: Document, store: PolicyStore) -> bool:
    """True if none of the policies that a session names is there."""
    names = policy_names(session)
    inline = own_policies(session, store.codec)
    return inline is None and not any(store.lend(name, session["org_id"]) for name in names)


def _changes(before: _Applied, after: _Applied) -> Iterable[MemberChange]:
    """The members that differ; counters are left out."""
    old, new = _members(before.session), _members(after.session)
    for path in dict.fromkeys([*old, *new]):
        if _comparable(path, old.get(path)) == _comparable(path, new.get(path)):
            continue
        parts = path.split("/")
        if len(parts) > 2 and "/".join(parts[:2]) not in old.keys() & new.keys():
            continue  # the right as a whole is gained or lost
        values = (_plain(path, old.get(path)), _plain(path, new.get(path)))
        yield MemberChange(path, *values, _policy(path, before.origins), _policy(path, after.origins))


def _members(session: Document) -> dict[str, Any]:
    """The members of a session by path, with each right as a whole and its members one by one."""
    rights = {f"access_rights/{api}": right for api, right in (session["access_rights"] or {}).items()}
    values = {path: value for path, value in values_of(session) if path != "access_rights"}
    return {path: value for path, value in (rights | values).items() if _last(path) not in COUNTERS}


def _plain(path: str, value: Any) -> Any:
    """A value as JSON; of a right only the members that say something."""
    if _is_right(path) and value is not None:
        limit = {name: item for name, item in value["limit"].items() if item}
        value = {name: item for name, item in {**value, "limit": limit}.items() if item}
    return json.loads(json_writer.write(value))


def _is_right(path: str) -> bool:
    return path.startswith("access_rights/") and path.count("/") == 1


def _comparable(path: str, value: Any) -> Any:
    """A value such that equal ones have one effect; null, "", [] and {} have none, as 0 and false."""
    if _is_right(path):
        return value is not None  # its members are compared one by one
    if _last(path) in UNORDERED:
        value = _sorted(value)
    return value or None


def _sorted(value: Any) -> Any:
    """A value with all lists in it sorted."""
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=json_writer.write)
    return {name: _sorted(item) for name, item in value.items()} if isinstance(value, dict) else value


def _saved(before: _Applied, after: _Applied) -> Iterable[str]:
    """The paths of values that policies decided before, and the session itself has a part in afterwards."""
    rules = {path: origin.rule for path, origin in after.origins.items()}
    uncleared = before.cleared - after.cleared
    lost = {name for name, _ in before.given - after.given}
    for path, value in _members(after.session).items():
        old, new = (_policy(path, applied.origins) for applied in (before, after))
        if path in uncleared:
            is_own = rules.get(path) != OF_SINGLE_API
        else:
            is_own = rules.get(path) == OF_SESSION and _last(path) in uncleared
        if is_own or (value and (path in lost or (old and not new))):
            yield path


def _given(policy: Policy) -> Iterable[tuple[str, Any]]:
    """The tags and flags that a policy adds to those of a session."""
    yield from (("tags", tag) for tag in policy["tags"] or [])
    yield from ((name, True) for name in FLAGS if policy[name])


def _policy(path: str, origins: Origins) -> str:
    origin = origin_of(path, origins)
    return origin.policy if origin else ""


def _last(path: str) -> str:
    return path.rpartition("/")[2]
