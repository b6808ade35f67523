"""Certificates that a gateway keeps for organisations; their private keys were thrown away."""

from __future__ import annotations

from contract_tests.engine.checks import TWICE, Mismatch, expect_json, shorten
from contract_tests.engine.declaration import behaviour
from contract_tests.gateway.builders.certificates import CERTIFICATE, add, fingerprint, pem
from contract_tests.gateway.checks import expect_error, expect_ok
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import CERTIFICATES

_EXPIRED = (
    "MIIBEjCBuaADAgECAgEHMAoGCCqGSM49BAMCMBMxETAPBgNVBAMMCG9sZC50ZXN0MB4XDTIwMDEwMTAwMDAwMFoX"
    "DTIxMDEwMTAwMDAwMFowEzERMA8GA1UEAwwIb2xkLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQgbN8o"
    "nnaTHCdJ5vBCSuV4Ax1oErZfY5TulvGP6v630NtojraXPLQUgvqjJmx/4menZJ/D0iEb/PzVD1uhj5ShMAoGCCqG"
    "SM49BAMCA0gAMEUCIGU1MXGyTfN44X1OkQSrRdczq7YO7KQjiSYVJMIowfuuAiEA8M2qRVy736IICa6SDAhyCPZs"
    "rKQR4L6QBjZyUEBpr/0="
)  # fmt: skip
_PUBLIC_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEPJi/E/4CShfitGGzZ2X71dt5euODyv/R5S3EYPR56CC9Fu0q/s2k"
    "JUADE3teWZRxHM5xdZxwkkPLTEKvdGNlaQ=="
)  # fmt: skip
_LISTS = (
    "Country", "Organization", "OrganizationalUnit", "Locality", "Province", "StreetAddress", "PostalCode",
)  # fmt: skip
_NAME = {
    **dict.fromkeys(_LISTS),
    "SerialNumber": "",
    "CommonName": "orders.test",
    "Names": [{"Type": [2, 5, 4, 3], "Value": "orders.test"}],
    "ExtraNames": None,
}
_TIMES = {"not_before": "2020-01-01T00:00:00Z", "not_after": "2099-01-01T00:00:00Z"}
_NOT_FOUND = "Certificate with given SHA256 fingerprint not found"


@behaviour("certificates-are-read")
def test_a_certificate_is_read_by_itsfingerprint(gateway: Gateway) -> None:
    """A certificate that was added is read by its organisation and fingerprint, and no longer once deleted."""
    org_id = gateway.new_id()
    name = org_id + fingerprint(CERTIFICATE)
    added = add(gateway, org_id, pem(CERTIFICATE))
    expect_json(added, 200, {"id": name, "status": "ok", "message": "Certificate added"})
    details = {
        "id": name, "fingerprint": fingerprint(CERTIFICATE), "has_private": False, "issuer": _NAME, "subject": _NAME,
        **_TIMES, "dns_names": ["orders.test", "*.orders.test"], "is_ca": False,
    }  # fmt: skip
    expect_json(gateway.send("GET", f"{CERTIFICATES}/{name}"), 200, details)
    expect_json(gateway.send("GET", f"{CERTIFICATES}/{name},{org_id}"), 200, [details, None])
    for _ in TWICE:
        expect_ok(gateway.send("DELETE", f"{CERTIFICATES}/{name}"), "removed")
    expect_error(gateway.send("GET", f"{CERTIFICATES}/{name}"), 404, _NOT_FOUND)


@behaviour("certificates-are-added-at-any-id")
def test_a_certificate_is_added_at_any_id(gateway: Gateway) -> None:
    """A certificate that is sent to the path of an id is added by its own."""
    org_id, other = gateway.new_id(), gateway.new_id()
    name = org_id + fingerprint(CERTIFICATE)
    added = gateway.send("POST", f"{CERTIFICATES}/{other}?org_id={org_id}", pem(CERTIFICATE))
    expect_json(added, 200, {"id": name, "status": "ok", "message": "Certificate added"})
    expect_error(gateway.send("GET", f"{CERTIFICATES}/{other}"), 404, _NOT_FOUND)
    if (exchange := gateway.send("GET", f"{CERTIFICATES}/{name}")).status != 200:
        raise Mismatch("200, the certificate", f"{exchange.status} {shorten(exchange.text)}", exchange)


@behaviour("certificates-are-listed")
def test_certificates_of_an_organisation_are_listed(gateway: Gateway) -> None:
    """The certificates of an organisation are listed in the order of their addition, in detail on request."""
    org_id = gateway.new_id()
    target = f"{CERTIFICATES}?org_id={org_id}"
    expect_json(gateway.send("GET", target), 200, {"certs": None})
    for text, kind in ((_PUBLIC_KEY, "PUBLIC KEY"), (CERTIFICATE, "CERTIFICATE")):
        add(gateway, org_id, pem(text, kind))
    add(gateway, gateway.new_id(), pem(CERTIFICATE))
    key, certificate = (org_id + fingerprint(text) for text in (_PUBLIC_KEY, CERTIFICATE))
    expect_json(gateway.send("GET", target), 200, {"certs": [key, certificate]})

    no_time = "0001-01-01T00:00:00Z"
    of_key = {
        "id": key, "issuer_cn": "", "subject_cn": f"Public Key: {fingerprint(_PUBLIC_KEY)}",
        "dns_names": None, "has_private": False, "not_before": no_time, "not_after": no_time, "is_ca": False,
    }  # fmt: skip
    of_certificate = {
        "id": certificate, "issuer_cn": "orders.test", "subject_cn": "orders.test",
        "dns_names": ["orders.test", "*.orders.test"], "has_private": False, **_TIMES, "is_ca": False,
    }  # fmt: skip
    expect_json(gateway.send("GET", f"{target}&mode=detailed"), 200, {"certs": [of_key, of_certificate]})
    gateway.send("DELETE", f"{CERTIFICATES}/{key}")
    expect_json(gateway.send("GET", target), 200, {"certs": [certificate]})


@behaviour("certificates-are-refused")
def test_a_certificate_is_refused(gateway: Gateway) -> None:
    """A body is refused that has no certificate, an expired one, one with a public key, or one that is there."""
    org_id, valid = gateway.new_id(), pem(CERTIFICATE)
    for body, message in (
        ("{}", "Failed to decode certificate. It should be PEM encoded."),
        (pem(_EXPIRED), "certificate is expired"),
        (valid + pem(_PUBLIC_KEY, "PUBLIC KEY"), "Public keys can't be combined with certificates"),
    ):
        expect_error(add(gateway, org_id, body), 403, message)
    add(gateway, org_id, valid)
    message = f"Certificate with {org_id}{fingerprint(CERTIFICATE)} id already exists"
    expect_error(add(gateway, org_id, valid), 403, message)
