"""TLS: the context of a client, and the remedy for a handshake that failed."""

from __future__ import annotations

import ssl

from mockserver.console.input_files import check_file

LONGEST = 16 << 20  # bytes of a file
ANY_CA = (18, 19, 20, 21)  # OpenSSL's codes of a certificate that no known CA has signed
WRONG_NAME = (62, 63, 64)  # and of one for another host, e-mail or address
_BY_CODE = {
    **dict.fromkeys(
        ANY_CA,
        "its certificate is not signed by a CA that is known here; give the file of its CA with --cacert "
        "FILE or in SSL_CERT_FILE, or check nothing with --insecure",
    ),
    9: "its certificate is not valid yet; check the clock of this machine and the certificate",
    10: "its certificate has expired; renew it",
    23: "its certificate was revoked; renew it",
    **dict.fromkeys(
        WRONG_NAME,
        "its certificate is for another name; give the URL with a name of the certificate",
    ),
}
_OTHER_CA = (
    "its certificate is not signed by the CA of --cacert, or the server does not send the certificates "
    "between the two; give the CA that signed it, or add those to the server's certificate"
)
_BY_REASON = {  # parts of OpenSSL's reasons
    "CERTIFICATE_REQUIRED": "it asks for a client certificate; give one with --cert FILE and --cert-key FILE",
    "HANDSHAKE_FAILURE": "it ended the handshake, as for want of a client certificate; give one with --cert "
    "FILE and --cert-key FILE, or allow it the TLS version and ciphers of this machine",
    "UNKNOWN_CA": "it does not know the CA of the client certificate; give another one with --cert",
    "BAD_CERTIFICATE": "it refuses the client certificate; give another one with --cert",
    "CERTIFICATE_EXPIRED": "it says that the client certificate has expired; give another one with --cert",
    "WRONG_VERSION_NUMBER": "it does not speak TLS; give the URL with http://",
    "HTTP_REQUEST": "it does not speak TLS; give the URL with http://",
    "PACKET_LENGTH_TOO_LONG": "it does not speak TLS; give the URL with http://",
    "RECORD_LAYER_FAILURE": "it does not speak TLS; give the URL with http://",
    "PROTOCOL": "it speaks only versions of TLS that this machine refuses; allow it TLS 1.2 or later",
}


class TLSFileError(ValueError):
    """A file of a certificate or key that cannot be used; the message names it."""


def context_of(
    cacert: str = "", cert: str = "", cert_key: str = "", *, is_checked: bool = True
) -> ssl.SSLContext:
    """A client's context. Without `cacert` it has the CAs of the system, or of SSL_CERT_FILE and _DIR.

    Raises:
        TLSFileError: a file cannot be read, or has no certificate or key.
    """
    try:
        if cacert:
            check_file(cacert, LONGEST)
        context = ssl.create_default_context(cafile=cacert or None)
    except (OSError, ValueError) as error:
        raise TLSFileError(f"--cacert {cacert}: {_reason(cacert, error, 'certificate')}") from None
    if not is_checked:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if cert:
        _load_client(context, cert, cert_key)
    return context


def _load_client(context: ssl.SSLContext, cert: str, cert_key: str) -> None:
    def no_password() -> str:
        raise TLSFileError(f"{key}: the private key is encrypted; give a file of the decrypted key")

    key = f"--cert-key {cert_key}" if cert_key else f"--cert {cert}"
    for option, path in (("--cert", cert), ("--cert-key", cert_key)):
        try:
            check_file(path or cert, LONGEST)
        except OSError as error:
            raise TLSFileError(f"{option} {path}: {error.strerror}; give a PEM file") from None
    try:
        context.load_cert_chain(cert, cert_key or None, no_password)
    except TLSFileError:
        raise
    except (OSError, ValueError) as error:
        if "KEY_VALUES_MISMATCH" in str(error):
            raise TLSFileError(f"{key}: the key is not that of --cert {cert}; give its own key") from None
        raise TLSFileError(
            f"--cert {cert}: it has no certificate, or {key} no private key, in PEM; give both"
        ) from None


def _reason(path: str, error: Exception, what: str) -> str:
    if isinstance(error, ssl.SSLError) or not isinstance(error, OSError):
        return f"there is no {what} in PEM in it; give a PEM file"
    return f"{error.strerror or 'cannot be read'}; give a PEM file"


def remedy(error: OSError, *, has_cacert: bool) -> str:
    """What is wrong with a TLS connection that failed, and the next step; "" if that is unknown."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if has_cacert and error.verify_code in ANY_CA:
            return _OTHER_CA
        known = _BY_CODE.get(error.verify_code, "its certificate is refused")
        return f"{known} ({error.verify_message.rstrip('.')})"
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        return next((text for part, text in _BY_REASON.items() if part in reason), f"TLS fails: {reason}")
    if isinstance(error, TimeoutError):
        return "it does not answer the TLS handshake; if it does not speak TLS, give the URL with http://"
    if isinstance(error, ConnectionError):
        return "it closed the connection at the TLS handshake; if it does not speak TLS, give http://"
    return ""
