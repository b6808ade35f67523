"""Writes of keys: the changes to a session before it is stored (gateway/api.go:386 @v5.12.0)."""

from __future__ import annotations

from datetime import UTC, datetime

from mockserver.gateway import passwords
from mockserver.gateway.api_definition import Api
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.policy_merging import Document, is_empty
from mockserver.gateway.provenance import PoliciesNotApplicable
from mockserver.gateway.session_store import FOR_EVER, application_of, lifetime
from mockserver.golang.scalars import wrapped


def save(gateway: Gateway, key: str, session: Document, *, resets: bool, by_hash: bool = False) -> bool:
    """Apply policies and store the session of a key, as `save_for_each_api` does.

    With `resets` the quotas restart and `last_updated` is set. False if the session may not be stored, or its
    policies cannot be applied.
    """
    if resets:
        session["last_updated"] = seconds(gateway)
    try:
        return save_for_each_api(gateway, key, session, resets=resets, by_hash=by_hash)
    except PoliciesNotApplicable:
        return False


def save_for_each_api(
    gateway: Gateway, key: str, session: Document, *, resets: bool, by_hash: bool = False
) -> bool:
    """Apply policies and store the session, once for each API in its rights, or for all APIs without rights.

    A session without rights needs `allow_master_keys`; False if that is not set.

    Raises:
        PoliciesNotApplicable: the policies cannot be applied for an API; the session was stored for the APIs
            before it.
    """
    loaded = gateway.apis.loaded.by_id
    if not session["access_rights"] and not gateway.config.allow_master_keys:
        return False
    for name in list(session["access_rights"] or loaded):
        api = loaded.get(name)
        if api is not None:
            _set_expiry_of_policies(gateway, key, session, by_hash=by_hash)
        if resets and not (api and api.fields["dont_set_quota_on_create"]):
            forget_quotas(gateway, key, session, by_hash=by_hash)
            session["quota_renews"] = wrapped(int(gateway.now()) + session["quota_renewal_rate"])
        apply(gateway, session, api)
        gateway.sessions.save(key, session, by_hash=by_hash, seconds=_lifetime(gateway, session, api))
    return True


def refusal(gateway: Gateway, session: Document) -> str:
    """Why `save` does not store a session, which the answer does not tell; "" if it does.

    The policies are applied to the given session.
    """
    try:
        apply(gateway, session)
    except PoliciesNotApplicable as reason:
        return str(reason)
    if session["access_rights"] or gateway.config.allow_master_keys:
        return ""
    return "neither the key nor its policies have access_rights, and allow_master_keys is not set"


def apply(gateway: Gateway, session: Document, api: Api | None = None) -> None:
    """Apply the policies of a session, for one API if it is given.

    Raises:
        PoliciesNotApplicable: the policies cannot be applied.
    """
    org_id = api.org_id if api else None
    application_of(session, gateway.store, gateway.session_codec, gateway.behaviours, org_id).run()


def apply_if_possible(gateway: Gateway, session: Document, api: Api | None = None) -> None:
    """Apply the policies of a session; the changes before an error stay."""
    try:
        apply(gateway, session, api)
    except PoliciesNotApplicable:
        return


def forget_quotas(gateway: Gateway, key: str, session: Document, *, by_hash: bool = False) -> None:
    """Restart the quotas of a key (gateway/auth_manager.go:60 @v5.12.0)."""
    name = key if by_hash else gateway.sessions.storage_name(key)
    scopes = {right["allowance_scope"] for right in (session["access_rights"] or {}).values()}
    for scope in {"", *scopes}:
        gateway.quotas.forget((scope, name))
    gateway.limiter.forget(name)


def keep_counters(session: Document, original: Document) -> None:
    """Copy `quota_renews`, also of each limit, and `last_updated` from the original session."""
    session |= {name: original[name] for name in ("quota_renews", "last_updated")}
    for api, right in (original["access_rights"] or {}).items():
        new = (session["access_rights"] or {}).get(api)
        if new is not None and not is_empty(right["limit"]) and not is_empty(new["limit"]):
            new["limit"]["quota_renews"] = right["limit"]["quota_renews"]


def forget_past_expiry(gateway: Gateway, session: Document, before: int) -> None:
    """Replace an expiry in the past by the one before."""
    if 1 < session["expires"] < gateway.now():
        session["expires"] = before


def hash_password(gateway: Gateway, session: Document, original: Document | None) -> None:
    """Hash a new password, or keep the original one if none is given (gateway/api.go:585 @v5.12.0)."""
    password = session["basic_auth_data"]["password"]
    if password and (original is None or original["basic_auth_data"]["password"] != password):
        algorithm = gateway.config.basic_auth_hash_key_function
        session["basic_auth_data"] = passwords.stored(password, algorithm)
    elif not password and original is not None and original["basic_auth_data"]["password"]:
        session["basic_auth_data"] = dict(original["basic_auth_data"])


def certificate_problem(gateway: Gateway, session: Document, original: Document | None = None) -> str:
    """Why a session cannot be bound to certificates that the original one is not bound to; "" if it can.

    Versions that do not know such bindings drop them.
    """
    bound = (original or {}).get("mtls_static_certificate_bindings") or []
    names = session.get("mtls_static_certificate_bindings") or []
    return gateway.certificates.problem([name for name in names if name not in bound], session["org_id"])


def seconds(gateway: Gateway) -> str:
    """The current time in the form of `last_updated`: seconds since the epoch."""
    return str(int(gateway.now()))


def date(gateway: Gateway) -> str:
    """The current time in the form of `date_created`: RFC 3339 in UTC."""
    moment = datetime.fromtimestamp(gateway.now(), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".") + "Z"


def _set_expiry_of_policies(gateway: Gateway, key: str, session: Document, *, by_hash: bool) -> None:
    """Set the expiry of a new key by the last policy that has `key_expires_in`."""
    org_id = session["org_id"]
    names = session["apply_policies"] or [session["apply_policy_id"]]
    policies = [gateway.store.lend(name, org_id) for name in names]
    lasting = [policy["key_expires_in"] for policy in policies if policy and policy["key_expires_in"] > 0]
    if lasting and gateway.sessions.find(org_id, key, by_hash=by_hash) is None:
        session["expires"] = wrapped(int(gateway.now()) + lasting[-1])


def _lifetime(gateway: Gateway, session: Document, api: Api | None) -> int:
    """The seconds for which the session is stored: the longest lifetime of all its APIs."""
    rights = session["access_rights"] or {}
    apis = [gateway.apis.loaded.by_id.get(name) for name in rights] if rights else [api]
    lifetimes = [lifetime(session, used, gateway.config, gateway.now()) for used in apis if used]
    return FOR_EVER if FOR_EVER in lifetimes else max(lifetimes, default=0)
