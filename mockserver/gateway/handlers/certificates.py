"""Certificates that a gateway keeps (gateway/cert.go:604 @v5.12.0)."""

from __future__ import annotations

from typing import Any

from mockserver.gateway.certificates import Refused
from mockserver.gateway.handlers.registration import Call, handles
from mockserver.gateway.replies import error, ok
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply

DIGITS = 64  # of a fingerprint, SHA-256 in hexadecimal digits


@handles("listCertificates")
def list_certificates(call: Call) -> Reply:
    """List the certificates of an organisation: their ids, or some of their members.

    A detailed list leaves out an id whose certificate was deleted for another organisation.
    """
    certificates = call.state.certificates
    names = certificates.ids(call.parameter("org_id"))
    if call.parameter("mode") == "detailed":
        details = [certificate for name in names if (certificate := certificates.get(name))]
        return json_reply({"certs": [_basics(certificate) for certificate in details]})
    return json_reply({"certs": names or None})


@handles("addCertificate")
@handles("addCertificateAtPath")
def add_certificate(call: Call) -> Reply:
    """Add the certificates or the public key of a PEM file to an organisation, whatever the path says."""
    try:
        name = call.state.certificates.add(call.parameter("org_id"), call.body)
    except Refused as refusal:
        return error(str(refusal), 403)
    return json_reply({"id": name, "status": "ok", "message": "Certificate added"})


@handles("getCertificate")
def get_certificate(call: Call) -> Reply:
    """Read a certificate, or several as a list in which those that do not exist are null."""
    details = [call.state.certificates.get(name) for name in call.params["certID"].split(",")]
    if len(details) > 1:
        return json_reply(details)
    if details[0] is None:
        return error("Certificate with given SHA256 fingerprint not found", 404)
    return json_reply(details[0])


@handles("deleteCertificate")
def delete_certificate(call: Call) -> Reply:
    """Delete a certificate, whether it exists or not; without org_id its id names the organisation."""
    name = call.params["certID"]
    org_id = call.parameter("org_id") or name[:-DIGITS]
    call.state.certificates.remove(org_id, name)
    return ok("removed")


def _basics(certificate: dict[str, Any]) -> dict[str, Any]:
    """A certificate in a detailed list (certs/manager.go:379 @v5.12.0)."""
    return {
        "id": certificate["id"],
        "issuer_cn": certificate["issuer"]["CommonName"],
        "subject_cn": certificate["subject"]["CommonName"],
        "dns_names": certificate.get("dns_names"),
        **{name: certificate[name] for name in ("has_private", "not_before", "not_after", "is_ca")},
    }
