"""Preflight: checks before a run that the service is there, takes the secret, and has a known version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from contract_tests.engine.checks import shorten
from contract_tests.engine.exchange import end_of_json, json_of, plain_text
from contract_tests.engine.names import run_of
from contract_tests.engine.service import Service
from contract_tests.engine.strangers import described
from mockserver.contract.spec_files import SpecError, default_version, known_versions, select_version
from mockserver.contract.versions import GatewayVersion, VersionError
from mockserver.http.client import (
    Answer,
    Client,
    ClientError,
    Header,
    Incomplete,
    NoHandshake,
    TimedOut,
    Unreachable,
)
from mockserver.http.connection_settings import ConnectionSettings
from mockserver.http.pacing import Pacer

USAGE, UNREACHABLE = 2, 3  # exit codes
_REFUSALS = (401, 403)  # statuses of a refused secret
_BYTE_ORDER_MARK = "\ufeff"
_CHALLENGES = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}  # by the status that they come with
_REDIRECTS = (301, 302, 303, 307, 308)


class PreflightError(ValueError):
    """A run that cannot start; `code` is the exit code, the message one line for a person."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class DetectedVersion:
    """The version that a service is judged as.

    Attributes:
        source: how the version was found out, in words.
        leftovers: the number of things that earlier runs left in the listing of the service.
        scheme: what the service takes before the secret, one of its `auth_schemes`.
        told: the version that the probe of the service tells; "" if it tells none.
    """

    version: GatewayVersion
    source: str
    leftovers: int = 0
    scheme: str = ""
    told: str = ""


def look(
    service: Service,
    url: str,
    secret: str,
    wanted: str,
    *,
    timeout: float = 10.0,
    settings: ConnectionSettings | None = None,
) -> DetectedVersion:
    """Look at a service before it is judged; the URL has the base path of the settings.

    Raises:
        PreflightError: it cannot be reached, is another server, refuses the secret, or says no version.
    """
    if not secret.isprintable():
        raise PreflightError("the secret holds a line break or another control character; correct it", USAGE)
    try:
        client = Client(url, timeout, settings=settings, pacer=Pacer())
    except ValueError as error:
        raise PreflightError(str(error), USAGE) from error
    try:
        greeting = _look_at(client, service.probe)
        refusal = _look_at(client, service.listing.prefix)
        scheme, listing = _first_accepted(client, service, secret)
        credential = (service.auth_header, f"{scheme}{secret}")
        _check_kind(service, url, client, greeting, refusal, listing)
        leftovers = _count_leftovers(client, service, credential, listing) if listing.status == 200 else 0
    except ClientError as error:
        raise PreflightError(
            f"{url} cannot be judged: {error}{_advice(service, url, error, settings)}", UNREACHABLE
        ) from error
    finally:
        client.close()
    is_refused = listing.status in _REFUSALS and refusal.status == listing.status
    if is_refused and not secret:
        raise PreflightError(
            f"no secret was given, and {url} asks for one: give it in {service.variable} or a file", USAGE
        )
    if is_refused:
        raise PreflightError(
            f"{url} refuses the secret; give it in {service.variable} or a file, and check that nothing in "
            f"front takes the header {service.auth_header} away",
            USAGE,
        )
    document = _json(greeting)
    told = document.get("version") if isinstance(document, dict) else None
    detected = find_version(service, document, wanted)
    return replace(detected, leftovers=leftovers, scheme=scheme, told=told if isinstance(told, str) else "")


def find_version(service: Service, greeting: Any, wanted: str) -> DetectedVersion:
    """The version that was asked for, or the one that the probe tells.

    Raises:
        PreflightError: the version is unknown, or the probe reports a text that is not a version.
    """
    probe, folder = service.probe, service.folder
    text = greeting.get("version") if isinstance(greeting, dict) else None
    if wanted != "auto":
        try:
            version = select_version(wanted, folder)
        except SpecError as error:
            raise PreflightError(str(error), USAGE) from error
        is_other = isinstance(text, str) and text.lstrip("v") != str(version)
        told = f", though {probe} says {shorten(str(text), 60)}" if is_other else ""
        return DetectedVersion(version, f"as asked for{told}")
    if not isinstance(text, str):
        return DetectedVersion(default_version(folder), f"assumed, for {probe} says no version")
    lines = known_versions(folder)
    try:
        version = GatewayVersion.parse(text)
    except VersionError as error:
        told = shorten(repr(text), 60)
        raise PreflightError(
            f"{probe} says version {told}, which is not a release, as a self-built {service.name} does; "
            f"select one with --{service.name} ({', '.join(lines)})",
            USAGE,
        ) from error
    releases = sorted(lines.values())
    if version < releases[0]._replace(patch=0):
        raise PreflightError(
            f"{probe} says version {version}; the oldest supported version is {releases[0]}",
            USAGE,
        )
    if version > releases[-1]._replace(patch=10**6):
        source = f"{probe} says {version}, newer than all supported versions; checked by the newest rules"
        return DetectedVersion(version, source)
    return DetectedVersion(version, f"{probe} says {version}")


def of_mock(service: Service, wanted: str) -> DetectedVersion:
    """The version of a mock that the run starts itself.

    Raises:
        PreflightError: the version is unknown.
    """
    if wanted == "auto":
        return DetectedVersion(default_version(service.folder), "the mock's default")
    return find_version(service, None, wanted)


def _advice(service: Service, url: str, error: ClientError, settings: ConnectionSettings | None) -> str:
    """The next step after a request that got no answer; the message of a failed TLS handshake has its own."""
    if isinstance(error, NoHandshake):
        return ""
    is_answered = not isinstance(error, (Unreachable, TimedOut))
    may_be_tls = is_answered and not url.startswith("https:")
    if is_answered and url.startswith("https:") and not (settings and settings.cert):
        return "; it may want a client certificate; give one with --cert FILE and --cert-key FILE"
    https = " If that port speaks TLS, give the URL with https://" if may_be_tls else ""
    return f"; is a {service.name} running there?{https}"


def _check_way(service: Service, url: str, greeting: Answer) -> None:
    """Check that the answer to the probe is not one of a server on the way, which says what it wants."""
    if greeting.status in _REDIRECTS and (goal := greeting.get("Location")):
        raise PreflightError(f"{url} redirects to {shorten(goal, 200)}; {_step(url, goal)}", UNREACHABLE)
    name = _CHALLENGES.get(greeting.status)
    if name and (challenge := greeting.get(name)):
        raise PreflightError(
            f"{url} asks for other credentials before the secret: {service.probe} answers {greeting.status} "
            f"with {name}: {shorten(challenge, 80)}, as a server in front does; "
            f"{_entry(service, greeting.status)}",
            UNREACHABLE,
        )
    if greeting.status == 400 and not url.startswith("https:") and b"HTTPS" in greeting.body:
        raise PreflightError(f"{url} speaks TLS; give {url.replace('http://', 'https://', 1)}", UNREACHABLE)


def _entry(service: Service, status: int) -> str:
    """The next step where a server in front asks for credentials."""
    header = "Proxy-Authorization" if status == 407 else "Authorization"
    if header == service.auth_header:
        return f"the {service.name} takes its secret in the same header, so judge it past that server"
    return f"give them with --header '{header}: ...'"


def _step(url: str, goal: str) -> str:
    """The next step after a redirect from the probe."""
    parts, origin = urlsplit(goal), urlsplit(url)
    if parts.netloc and (parts.scheme, parts.netloc) != (origin.scheme, origin.netloc):
        return f"give {parts.scheme or origin.scheme}://{shorten(parts.netloc, 100)}"
    return "check the URL, or give the --base-path that the service is behind"


def _look_at(client: Client, target: str, *headers: Header) -> Answer:
    """An answer, or the part of one that came: a body of a wrong length is for the run to judge."""
    try:
        return client.send("GET", target, headers)
    except Incomplete as error:
        if not error.answer.body:
            raise
        return error.answer


def _check_kind(
    service: Service, url: str, client: Client, greeting: Answer, refusal: Answer, listing: Answer
) -> None:
    """One sign of the service is enough, so that a faulty one is judged and not sent away."""
    signs = (
        _has(greeting, service.probe_members),
        _has(refusal, service.refusal_members),
        listing.status == 200 and _lists(service, _json(listing)),
    )
    if not any(signs):
        _check_way(service, url, greeting)
        tells = bool(service.probe_members)  # else any body may be that of the service
        path, answer = (service.probe, greeting) if tells else (service.listing.prefix, listing)
        for title, (sign, members) in service.others.items():
            if _has(_look_at(client, sign), members):
                path = service.listing.prefix
                raise PreflightError(
                    f"{url} is a {title}, not a {service.title}: GET {path} answers {listing.status}; "
                    f"check the URL; for a {title.split()[-1]}, give --service {title.split()[-1].lower()}",
                    UNREACHABLE,
                )
        raise PreflightError(
            f"{url} is not a {service.title}: GET {path} answers {answer.status} with {described(answer)}",
            UNREACHABLE,
        )


def _has(answer: Answer, members: frozenset[str]) -> bool:
    """True if an answer is an object with these members, or one that has such an object in it."""
    document = _json(answer)
    if not members or not isinstance(document, dict):
        return False
    objects = [document, *(value for value in document.values() if isinstance(value, dict))]
    return any(members <= candidate.keys() for candidate in objects)


def _lists(service: Service, document: Any) -> bool:
    """True if an answer is a list of the service's things."""
    try:
        service.listing.listed(lambda _: document)
    except ValueError:
        return False
    return True


def _first_accepted(client: Client, service: Service, secret: str) -> tuple[str, Answer]:
    """The first scheme that the service does not refuse before the secret, and its listing.

    If all are refused, they are the first scheme and the answer to it.
    """
    answers: dict[str, Answer] = {}
    for scheme in service.auth_schemes:
        answers[scheme] = _look_at(client, service.listing.prefix, (service.auth_header, f"{scheme}{secret}"))
        if answers[scheme].status not in _REFUSALS:
            return scheme, answers[scheme]
    return next(iter(answers.items()))


def _count_leftovers(client: Client, service: Service, credential: Header, listing: Answer) -> int:
    """The number of things in the list that a run named; `listing` is the answer that has its first page."""

    def get(target: str) -> Any:
        is_known = target == service.listing.prefix
        return _json(listing if is_known else _look_at(client, target, credential))

    try:
        return sum(bool(run_of(name)) for _, name in service.listing.things(get))
    except ValueError:  # it is no list, which is for the run to judge
        return 0


def _json(answer: Answer) -> Any:
    """The JSON that an answer begins with, but for a byte order mark; None if it is no JSON."""
    text = plain_text(answer.body).removeprefix(_BYTE_ORDER_MARK)
    return json_of(text[: end_of_json(text)] or text)
