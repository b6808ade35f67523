"""Keys: members that a write changes, keeps or hides."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import behaviour
from contract_tests.gateway.builders.samples import ORDERS
from contract_tests.gateway.builders.sessions import NEVER, RIGHTS, expect_key, needs_name, needs_store
from contract_tests.gateway.checks import expect_error, seconds_in
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS


def write_with_rights(
    gateway: Gateway, session: dict[str, Any], name: str, method: str = "POST", query: str = ""
) -> None:
    """Write a key with access rights.

    Raises:
        NotApplicable: the gateway chooses the names of keys.
    """
    exchange = gateway.send(method, f"{KEYS}/{name}{query}", {"access_rights": RIGHTS, **session})
    if exchange.status != 200:
        raise Mismatch(
            "200, the key is written", f"{exchange.status} {shorten(exchange.text, 200)}", exchange
        )
    needs_name(exchange)


def expect_members(gateway: Gateway, name: str, query: str = "", **members: Any) -> dict[str, Any]:
    """Read a key and expect these members; a member that is 0 or "" may be absent. Return the key."""
    exchange = gateway.send("GET", f"{KEYS}/{name}{query}")
    session = exchange.document
    for member, value in members.items():
        if exchange.status != 200 or session.get(member, type(value)()) != value:
            raise Mismatch(f"{member} {value!r}", f"{exchange.status} {session.get(member)!r}", exchange)
    return session


@behaviour("past-expiry-is-not-taken")
def test_an_expiry_that_is_over_is_not_taken(gateway: Gateway) -> None:
    """A past expiry is ignored: a new key then has none, and an existing key keeps the expiry it has."""
    needs_store(gateway)
    name = gateway.new_id("-expiry")
    write_with_rights(gateway, {"expires": 1500000000}, name)
    expect_members(gateway, name, expires=0)
    write_with_rights(gateway, {"expires": 4102444800}, name, "PUT")
    for expiry in (1500000000, 2):
        write_with_rights(gateway, {"expires": expiry}, name, "PUT")
        expect_members(gateway, name, expires=4102444800)


@behaviour("suppress-reset-keeps-renewal")
def test_suppress_reset_keeps_the_renewal(gateway: Gateway) -> None:
    """A PUT renews the quota of a key and of its access rights, and with suppress_reset=1 it does not."""
    needs_store(gateway)
    name = gateway.new_id("-renewal")
    write_with_rights(gateway, {"quota_max": 10, "quota_renewal_rate": 3600}, name)
    before = expect_members(gateway, name)
    renews_before = seconds_in(gateway.exchanges[-1], "quota_renews")
    longer = {"quota_max": 10, "quota_renewal_rate": 36000}
    write_with_rights(gateway, longer, name, "PUT", "?suppress_reset=1")
    expect_members(gateway, name, quota_renews=renews_before, last_updated=before.get("last_updated"))
    write_with_rights(gateway, longer, name, "PUT", "?suppress_reset=true")
    expect_members(gateway, name)
    renews_after = seconds_in(gateway.exchanges[-1], "quota_renews")
    if not renews_after > renews_before + 30000:
        raise Mismatch("a renewal that is 36000 s away", str(renews_after), gateway.exchanges[-1])
    for query, renews, expected in (
        ("", 0, 0), ("?suppress_reset=1", 10, 10), ("?suppress_reset=1", 30, 10), ("?suppress_reset=0", 40, 40),
        ("?suppress_reset=1", 0, 0),
    ):  # fmt: skip
        limit = {"limit": {"quota_max": 5, "quota_renews": renews}} if renews else {}
        write_with_rights(
            gateway, {"access_rights": {ORDERS: {**RIGHTS[ORDERS], **limit}}}, name, "PUT", query
        )
        right = expect_members(gateway, name).get("access_rights", {}).get(ORDERS, {})
        if (right.get("limit") or {}).get("quota_renews", 0) != expected:
            raise Mismatch(
                f"quota_renews {expected} of the right", str(right.get("limit")), gateway.exchanges[-1]
            )


@behaviour("passwords-are-not-shown")
def test_a_password_is_not_shown(gateway: Gateway) -> None:
    """A key's password is stored as a hash and never answered; an update without a password keeps it."""
    needs_store(gateway)
    name = gateway.new_id("-basic")
    # with an organisation, because a gateway that hashes keys does not answer the name
    organisation = gateway.ownership.run
    query = f"?org_id={organisation}"
    for method, data in (("POST", {"password": "one"}), ("PUT", {}), ("PUT", {"password": "two"})):
        write_with_rights(gateway, {"org_id": organisation, "basic_auth_data": data}, name, method, query)
        basic_auth = expect_members(gateway, name, query).get("basic_auth_data", {})
        if basic_auth.get("password", "") or basic_auth.get("hash_type") != "bcrypt":
            raise Mismatch("no password, and hash_type bcrypt", str(basic_auth), gateway.exchanges[-1])


@behaviour("keys-are-found-by-organisation")
def test_a_key_is_found_by_its_name_and_organisation(gateway: Gateway) -> None:
    """A key is read and removed by its name and its org_id, with username=true too."""
    needs_store(gateway)
    organisation, name = gateway.new_id("-org"), gateway.new_id("-user")
    query = f"?org_id={organisation}"
    gateway.note_key(organisation + name)
    write_with_rights(gateway, {"org_id": organisation, "alias": "known"}, name)
    expect_members(gateway, name, query, alias="known")
    expect_members(gateway, name, f"{query}&username=true", alias="known")
    gateway.send("DELETE", f"{KEYS}/{name}{query}")
    expect_error(gateway.send("GET", f"{KEYS}/{name}{query}"), 404, "Key not found")
    name, query = gateway.new_id("-plain"), f"?org_id={organisation}x"
    write_with_rights(gateway, {"alias": "of none"}, name)
    expect_members(gateway, name, query, alias="of none")
    expect_error(gateway.send("GET", f"{KEYS}/{name}{query}&username=true"), 404, "Key not found")


@behaviour("keys-keep-their-certificate")
def test_a_key_keeps_its_certificate(gateway: Gateway) -> None:
    """An update of a key that has a certificate is refused without one, and with one that does not exist."""
    needs_store(gateway)
    name = gateway.new_id("-certificate")
    write_with_rights(gateway, {"certificate": "none-of-that-name"}, name)
    path = f"{KEYS}/{name}"
    message = "Key cannot be used without a certificate"
    expect_error(gateway.send("PUT", path, {"access_rights": RIGHTS}), 400, message)
    other = {"access_rights": RIGHTS, "certificate": "another"}
    expect_error(gateway.send("PUT", path, other), 400, "Key must be used with an existent certificate")


@behaviour("created-keys-get-an-hmac-secret")
def test_a_created_key_gets_a_secret(gateway: Gateway) -> None:
    """A key created with hmac_enabled gets an HMAC secret, and other keys get none."""
    needs_store(gateway)
    organisation, quota = gateway.ownership.run, {"quota_max": 5, "quota_renewal_rate": 3600}
    for is_enabled in (True, False):
        session = {"org_id": organisation, "access_rights": RIGHTS, "hmac_enabled": is_enabled, **quota}
        exchange = gateway.send("POST", f"{KEYS}/create", session)
        answer = exchange.document
        session_read = expect_members(gateway, str(answer.get("key")), f"?org_id={organisation}")
        if bool(session_read.get("hmac_string")) is not is_enabled:
            expected = "an hmac_string" if is_enabled else "no hmac_string"
            raise Mismatch(expected, repr(session_read.get("hmac_string")), gateway.exchanges[-1])
        if (
            session_read.get("date_created", NEVER) == NEVER
            or not str(session_read.get("last_updated")).isdigit()
        ):
            raise Mismatch(
                "date_created and last_updated of now", shorten(str(session_read), 200), gateway.exchanges[-1]
            )
        read = gateway.exchanges[-1]
        if not 3590 <= seconds_in(read, "quota_renews") - seconds_in(read, "last_updated") <= 3610:
            raise Mismatch(
                "a renewal in 3600 s", repr(session_read.get("quota_renews")), gateway.exchanges[-1]
            )


@behaviour("created-keys-have-their-own-certificate")
def test_a_certificate_is_of_one_key(gateway: Gateway) -> None:
    """A key created with a certificate is named by it, and a second key with that certificate is refused."""
    needs_store(gateway)
    organisation, certificate = gateway.ownership.run, gateway.new_id("-cert")
    key = organisation + certificate.removeprefix(organisation)
    gateway.note_key(key)
    session = {"org_id": organisation, "access_rights": RIGHTS, "certificate": certificate}
    exchange = gateway.send("POST", f"{KEYS}/create", session)
    expect_key(exchange, key, "added")
    reason = f"Failed to create key - Key with given certificate already found:{key}"
    expect_error(gateway.send("POST", f"{KEYS}/create", session), 500, reason)
    other = {**session, "certificate": gateway.new_id("-cert")}
    gateway.note_key(organisation + str(other["certificate"]).removeprefix(organisation))
    if (exchange := gateway.send("POST", f"{KEYS}/create", other)).status != 200:
        raise Mismatch("200, a new certificate is free", shorten(exchange.text, 200), exchange)
