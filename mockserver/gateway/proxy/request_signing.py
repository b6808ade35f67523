"""Signatures of requests to an upstream, by a secret that the definition of the API has.

Source: gateway/mw_request_signing.go:74 @v5.12.0; recording transforms/signatures.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial

from mockserver.gateway.proxy.header_transforms import as_header
from mockserver.gateway.proxy.http_signatures import DIGESTS, signature_of, signed_text
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.gateway.proxy.upstream_requests import rewritten
from mockserver.golang import urls

_ALGORITHMS = ("hmac-sha1", *DIGESTS, "rsa-sha256")
_MISSING = partial(Rejected, "Fields required for signing the request are missing", 500)
_NOT_SUPPORTED = partial(Rejected, "Request signing algorithm is not supported", 500)
_NO_CERTIFICATE = partial(Rejected, "Certificate not found", 500)
_BY_RSA = "this mock keeps no private keys, so it signs no requests with rsa-sha256"


def sign_request(context: RequestContext) -> None:
    """Give a request the header with its signature, if its API signs requests.

    Raises:
        Rejected: the settings lack a member, name an unknown algorithm or certificate, or the mock does not
            sign by the algorithm.
    """
    settings = context.api.fields["request_signing"]
    if not settings["is_enabled"]:
        return
    algorithm: str = settings["algorithm"]
    is_rsa = algorithm.startswith("rsa")
    if not (settings["key_id"] and algorithm and settings["certificate_id" if is_rsa else "secret"]):
        raise _MISSING("request_signing needs key_id, algorithm, and secret or certificate_id")
    if algorithm not in (context.api.fields["hmac_allowed_algorithms"] or _ALGORITHMS):
        raise _NOT_SUPPORTED(f"the API does not allow the algorithm {algorithm!r}")
    if is_rsa:
        certificate = context.gateway.certificates.get(settings["certificate_id"])
        if not (certificate and certificate["has_private"]):
            raise _NO_CERTIFICATE("certificate_id is of no certificate with a private key")
        raise Rejected(_BY_RSA, 501)
    names = _signed_headers(context, settings["header_list"] or ())
    text = signed_text(context, names, _target(context))
    parts = {
        "keyId": settings["key_id"],
        "algorithm": algorithm,
        "headers": " ".join(names),
        "signature": signature_of(text, settings["secret"], algorithm),
    }
    value = "Signature " + ",".join(f'{name}="{part}"' for name, part in parts.items())
    name = settings["signature_header"] or "Authorization"
    context.set_header(name, as_header(value))


def _signed_headers(context: RequestContext, listed: Sequence[str]) -> list[str]:
    """The names of the headers to sign: those of a list that the request has, or else its target and more.

    A request without a date gets one if that is to be signed. Go keeps Host outside of the headers.
    """
    if names := [name for name in listed if name.lower() != "host" and context.header(name)]:
        return names
    sent = [] if listed else [name for name in context.headers if name != "host"]
    if not context.header("date"):
        moment = datetime.fromtimestamp(context.gateway.now(), UTC)
        context.set_header("Date", format_datetime(moment, usegmt=True).replace("GMT", "UTC"))
        sent.append("date")
    elif listed:
        sent.append("date")
    return ["(request-target)", *sent]


def _target(context: RequestContext) -> str:
    """Path and query as they are signed: those of a rewritten URL, or else without the listen path (:58)."""
    url = rewritten(context.url, context.rewriting)
    text = (urls.escaped(url.path, url.raw) or "/") + url.query
    is_stripped = context.rewriting is None and context.api.fields["proxy"]["strip_listen_path"]
    return context.api.stripped(text) if is_stripped else text
