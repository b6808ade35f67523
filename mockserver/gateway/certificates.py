"""A store of certificates and public keys, by their fingerprints (certs/manager.go @v5.12.0)."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mockserver.storage.backend import Backend

if TYPE_CHECKING:
    from cryptography import x509

_MALFORMED = "x509: malformed certificate"
NO_TIME = "0001-01-01T00:00:00Z"
_BEGIN, _END = re.compile(rb"(?<![^\n])-----BEGIN ([^-\r\n]*)-----\s"), b"-----END "
_LISTS = {
    "2.5.4.6": "Country", "2.5.4.10": "Organization", "2.5.4.11": "OrganizationalUnit", "2.5.4.7": "Locality",
    "2.5.4.8": "Province", "2.5.4.9": "StreetAddress", "2.5.4.17": "PostalCode",
}  # fmt: skip
_PUBLIC_KEY = "public_key"  # in base64, which no answer has
_TEXTS = {"2.5.4.5": "SerialNumber", "2.5.4.3": "CommonName"}


class Refused(Exception):
    """A certificate that a gateway does not add; the message is its reason."""


class CertificateStore:
    """Certificates by id, which is an organisation and a fingerprint, and the ids of each organisation.

    A private key is compared with its certificate and then forgotten.
    """

    def __init__(self, now: Callable[[], float], backend: Backend) -> None:
        self._now = now
        self._entries = backend.key_values("certificates", _is_entry)
        self._indexes = backend.key_values("certificate-ids", _are_texts)
        self._listed = backend.key_values("certificate-lists", lambda value: value is True)
        self._lock = backend.lock("certificates")

    def add(self, org_id: str, data: bytes) -> str:
        """Add the certificates or the public key of a PEM file, and return the id.

        Raises:
            Refused: the file has neither, or what it has is expired, malformed or already there.
        """
        fingerprint, entry = _read(data, self._now())
        name = org_id + fingerprint
        with self._lock:
            if self._entries.get(name) is not None:
                raise Refused(f"Certificate with {name} id already exists")
            self._entries[name] = entry
            if org_id:
                self._indexes[org_id] = [*self._indexes.get(org_id, []), name]
        return name

    def get(self, name: str) -> dict[str, Any] | None:
        """What a gateway tells of a certificate; None if there is none with that id."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        return {"id": name} | {member: value for member, value in entry.items() if member != _PUBLIC_KEY}

    def public_key(self, name: str) -> bytes | None:
        """A public key in DER form; None if there is none with that id, or a certificate."""
        text = (self._entries.get(name) or {}).get(_PUBLIC_KEY)
        return base64.b64decode(text) if isinstance(text, str) else None

    def problem(self, names: Sequence[str], org_id: str) -> str:
        """Why a key of an organisation cannot be bound to these ids; "" if it can.

        Source: gateway/api.go:119 @v5.12.0.
        """
        for name in names:
            if not name.startswith(org_id):
                return f"invalid certificate ID: {name}"
        return next((f"certificate not found: {name}" for name in names if self.get(name) is None), "")

    def ids(self, org_id: str) -> list[str]:
        """The ids of an organisation in the order of their addition.

        If the organisation has none, all ids that begin with it are listed, once: an index is made of them.
        """
        with self._lock:
            names: list[str] = self._indexes.get(org_id, [])
            if not names and not self._listed.get(org_id):
                names = [name for name in self._entries.copy() if name.startswith(org_id)]
                if org_id and names:
                    self._indexes[org_id] = names
            self._listed[org_id] = True
        return names

    def remove(self, org_id: str, name: str) -> None:
        """Remove a certificate if it exists, and its id from those of an organisation."""
        with self._lock:
            if org_id:
                self._indexes[org_id] = [other for other in self._indexes.get(org_id, []) if other != name]
            self._entries.pop(name, None)


def _is_entry(value: Any) -> bool:
    return isinstance(value, dict) and {"fingerprint", "has_private", "issuer", "subject"} <= value.keys()


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _blocks(data: bytes) -> Iterable[tuple[str, bytes]]:
    """The types and contents of the PEM blocks in a file; what stands between them is skipped.

    A block reaches to the next end of a block, which must be of its type (encoding/pem/pem.go, Decode).
    """
    position = end = 0
    while end >= 0 and (match := _BEGIN.search(data, position)):
        kind, position = match[1], match.end()
        if end < position:
            end = data.find(_END, position)
        trailer = _END + kind + b"-----"
        if not data.startswith(trailer, end):
            continue
        text, position = data[position:end], end + len(trailer)
        with contextlib.suppress(binascii.Error):
            yield kind.decode("latin-1"), base64.b64decode(b"".join(text.split()), validate=True)


def _read(data: bytes, now: float) -> tuple[str, dict[str, Any]]:
    """The fingerprint of the first certificate or of the public key in a file, and its details."""
    certificates: list[x509.Certificate] = []
    fingerprints: list[str] = []
    private = public = b""
    for kind, content in _blocks(data):
        if kind.endswith("PRIVATE KEY"):
            if private:
                raise Refused("Found multiple private keys")
            private = content
        elif kind == "CERTIFICATE":
            certificates.append(_certificate(content, now))
            fingerprints.append(hashlib.sha256(content).hexdigest())
        elif kind == "PUBLIC KEY":
            public = content
    if not certificates and not public:
        raise Refused("Failed to decode certificate. It should be PEM encoded.")
    if certificates and public:
        raise Refused("Public keys can't be combined with certificates")
    if private:
        _check_key(certificates, private)
    if public:
        fingerprint = hashlib.sha256(public).hexdigest()
        subject = _name([]) | {"CommonName": f"Public Key: {fingerprint}"}
        details = _details("", _name([]), subject, (NO_TIME, NO_TIME))
        return fingerprint, details | {_PUBLIC_KEY: base64.b64encode(public).decode()}
    details = _details_of(certificates[0], fingerprints[-1])
    return fingerprints[0], details | {"has_private": bool(private)}


def _details_of(certificate: x509.Certificate, fingerprint: str) -> dict[str, Any]:
    times = _time(certificate.not_valid_before_utc), _time(certificate.not_valid_after_utc)
    try:
        issuer, subject = _name(certificate.issuer), _name(certificate.subject)
    except (ValueError, TypeError) as error:
        raise Refused(_MALFORMED) from error
    details = _details(fingerprint, issuer, subject, times, _dns_names(certificate))
    return details | {"is_ca": _is_ca(certificate)}


def _details(
    fingerprint: str, issuer: Any, subject: Any, times: tuple[str, str], dns_names: Iterable[str] = ()
) -> dict[str, Any]:
    """What a gateway tells of a certificate (certs/manager.go:404 @v5.12.0)."""
    return {
        "fingerprint": fingerprint, "has_private": False, "issuer": issuer, "subject": subject,
        "not_before": times[0], "not_after": times[1],
        **({"dns_names": [*dns_names]} if dns_names else {}),
        "is_ca": False,
    }  # fmt: skip


def _certificate(content: bytes, now: float) -> x509.Certificate:
    from cryptography import x509

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a serial number that is not positive, which Go refuses
            certificate = x509.load_der_x509_certificate(content)
            serial_number = certificate.serial_number
        ends_at = certificate.not_valid_after_utc.timestamp()
    except (ValueError, x509.InvalidVersion) as error:
        raise Refused(_MALFORMED) from error
    if serial_number < 0:
        raise Refused("x509: negative serial number")
    if ends_at < now:
        raise Refused("certificate is expired")
    return certificate


def _check_key(certificates: list[x509.Certificate], content: bytes) -> None:
    """Refuse a private key that is not that of the first certificate (crypto/tls, X509KeyPair)."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    if not certificates:
        raise Refused(
            'tls: failed to find "CERTIFICATE" PEM block in certificate input'
            " after skipping PEM blocks of the following types: [PUBLIC KEY]"
        )
    try:  # without a proof that the factors are primes, which may take hours, and which Go does not ask for
        public_key: Any = serialization.load_der_private_key(
            content, None, unsafe_skip_rsa_key_validation=True
        ).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Refused("tls: failed to parse private key") from error
    try:
        expected = certificates[0].public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused("tls: unknown public key algorithm") from error
    if type(public_key) is not type(expected):
        raise Refused("tls: private key type does not match public key type")
    if public_key != expected:
        raise Refused("tls: private key does not match public key")


def _name(attributes: Iterable[x509.NameAttribute[Any]]) -> dict[str, Any]:
    """A distinguished name as Go writes it (crypto/x509/pkix, Name)."""
    name: dict[str, Any] = {**dict.fromkeys(_LISTS.values()), **dict.fromkeys(_TEXTS.values(), "")}
    parts = []
    for attribute in attributes:
        oid, value = attribute.oid.dotted_string, attribute.value
        text = value if isinstance(value, str) else value.decode("latin-1")
        parts.append({"Type": [int(number) for number in oid.split(".")], "Value": text})
        if oid in _LISTS:
            name[_LISTS[oid]] = [*(name[_LISTS[oid]] or []), text]
        elif oid in _TEXTS:
            name[_TEXTS[oid]] = text
    return name | {"Names": parts or None, "ExtraNames": None}


def _extension(certificate: x509.Certificate, kind: Any) -> Any:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _dns_names(certificate: x509.Certificate) -> list[str]:
    from cryptography import x509

    names = _extension(certificate, x509.SubjectAlternativeName)
    return names.get_values_for_type(x509.DNSName) if names else []


def _is_ca(certificate: x509.Certificate) -> bool:
    from cryptography import x509

    constraints = _extension(certificate, x509.BasicConstraints)
    return bool(constraints and constraints.ca)


def _time(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
