"""why: show the policy and rule behind each limit and right of a session."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.cli import BROKEN, CONFORMS, Commands, add_connection, connection_of, show_pace, url_of
from mockserver.cli.help_format import EXAMPLES, HelpFormatter
from mockserver.console.credentials import SECRET, Credential
from mockserver.console.input_files import DOCUMENT, content_within, stdin_within
from mockserver.console.terminal import show, show_error
from mockserver.golang.json_size import few_enough

if TYPE_CHECKING:
    from mockserver.gateway.impact import Rules
    from mockserver.gateway.policy_merging import Document
    from mockserver.gateway.policy_store import PolicyStore

CLIENT_KEY = Credential(
    "key", "TYK_CONTRACT_CLIENT_KEY", "KEY", "Key of a client of the gateway at URL, or the hash of it"
)
_TEXT = f"""Exit codes: 0 the policies were applied, 1 a gateway refuses the key, 2 usage error or
internal error, 3 the gateway cannot be reached.

{EXAMPLES}tyk-contract why --policies policies.json --session session.json
tyk-contract why --conf tyk.conf --session session.json --html why.html
tyk-contract why http://gateway:8080 --key - --format mermaid
"""


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "why",
        help="Show the policy and rule behind each limit and right of a session.",
        description="Apply policies to a session, and show for each value of the result the policy that it "
        "comes from and the rule that selected it, and each policy that is not there or could not be read. "
        "Policies are those of files, or those that a gateway has loaded. Nothing is written.",
        epilog=_TEXT,
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "url",
        nargs="?",
        metavar="URL",
        help="URL of a gateway, mock or real, to read its policies and with --key a session from.",
    )
    parser.add_argument(
        "--policies",
        type=Path,
        metavar="DIR|FILE",
        help="Directory of policies, *.json, or one JSON file with all policies, in place of a URL.",
    )
    parser.add_argument(
        "--conf", type=Path, metavar="FILE", help="tyk.conf of a gateway, which says where its policies are."
    )
    parser.add_argument("--session", metavar="FILE", help="Session as JSON; - is standard input.")
    CLIENT_KEY.add_options(parser)
    SECRET.add_options(parser)
    parser.add_argument(
        "--gateway",
        metavar="VERSION",
        help="Gateway version whose rules apply; without it the one that the URL tells, else the default.",
    )
    parser.add_argument(
        "--format", choices=("text", "json", "mermaid"), default="text", help="Output format (text)."
    )
    parser.add_argument(
        "--html",
        type=Path,
        metavar="FILE",
        help="Write one HTML page with a picture too; it needs no other file.",
    )
    add_connection(parser)
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class _Question:
    """What is to be explained.

    Attributes:
        rules: the rules of the gateway's version.
        store: the loaded policies.
        session: the session.
        unread: the policies that could not be read.
    """

    rules: Rules
    store: PolicyStore
    session: Document
    unread: Mapping[str, str] = field(default_factory=dict)


def run(options: argparse.Namespace) -> int:
    """Print the explanation; return the exit code."""
    from contract_tests.report import output_file
    from mockserver.gateway import explanation
    from mockserver.gateway.explanation_page import as_html
    from mockserver.http.redaction import all_hidden

    _check(options)
    if options.html:
        output_file.check(options.html)
    question = _of_gateway(options) if options.url else _of_files(options)
    rules = question.rules
    result = explanation.explain(
        question.session, question.store, rules.sessions, rules.behaviours, question.unread
    )
    secrets = [value for kind in (SECRET, CLIENT_KEY) for value in kind.known(options)]
    secrets += connection_of(options).secrets
    text = all_hidden(explanation.FORMATS[options.format](result), secrets)
    if options.html:
        output_file.write(options.html, all_hidden(as_html(result, str(rules.version)), secrets))
    show(*text.splitlines())
    if options.html:
        show_error(f"tyk-contract: the page is in {options.html}")
    return BROKEN if result.error else CONFORMS


def _check(options: argparse.Namespace) -> None:
    """Check that the options fit together.

    Raises:
        ValueError: they do not; the message says what to give.
    """
    if bool(options.url) == bool(options.policies or options.conf):
        raise ValueError("give the URL of a gateway, or else --policies or --conf; one of them")
    if options.session and CLIENT_KEY.of_options(options) is not None:
        raise ValueError("give --session FILE or --key KEY, not both")
    if not options.session and not (options.url and CLIENT_KEY.of(options) is not None):
        more = " or --key KEY" if options.url else ""
        raise ValueError(f"there is no session to explain; give one with --session FILE{more}")


def _of_files(options: argparse.Namespace) -> _Question:
    """The policies of files, and the session of a file."""
    from mockserver.cli.impact_files import store_at
    from mockserver.contract.spec_files import version_of
    from mockserver.gateway.impact import Rules
    from mockserver.gateway.unread_policies import unread

    path = options.policies or _path_in(options.conf)
    if not path.exists():
        where = f" (a path in {options.conf} is relative to the working directory)" if options.conf else ""
        raise ValueError(
            f"{path.absolute()} does not exist{where}; give a directory of policies, *.json, or a record file"
        )
    rules = Rules(version_of(options.gateway))
    store = store_at(path, rules)
    store.reload()
    show_error(*(f"tyk-contract: {line}" for line in _files_of_another_kind(store)))
    return _Question(rules, store, _session(options, rules), unread(store))


def _files_of_another_kind(store: PolicyStore) -> Iterator[str]:
    """A line for each file that a gateway takes for another kind: policies by id, or a single one."""
    from mockserver.gateway.lint.kinds import kind_of
    from mockserver.gateway.lint.rules import Kind
    from mockserver.golang import json_reader

    for name, text in store.sources():
        with contextlib.suppress(json_reader.JSONSyntaxError):
            kind = kind_of(name, json_reader.read(text)[0])
            if kind is Kind.RECORD and not store.is_record:
                yield f"{name} has policies by id, and a gateway reads it as one policy; give the file itself"
            if kind is Kind.POLICY and store.is_record:
                yield f"{name} is one policy, and a gateway reads it as policies by id; give its directory"


def _path_in(conf: Path) -> Path:
    """Where a gateway with a configuration file has its policies.

    Raises:
        ValueError: they are in no file.
    """
    from mockserver.gateway.config import Config
    from mockserver.gateway.configured_files import record_file

    config, _ = Config.load(conf, os.environ)
    if config.policies_from_dashboard or config.policies_from_control_plane:
        raise ValueError(f"{conf}: the policies come from another service; give the URL of the gateway")
    path = Path(config.policies__policy_path) if config.policies__policy_path else record_file(config, Path())
    if path is None:
        raise ValueError(f"{conf} names no policies; set policies.policy_path, or give --policies")
    return path


def _of_gateway(options: argparse.Namespace) -> _Question:
    """The policies that a gateway has loaded, and the session of a file or of one of its keys."""
    from contract_tests.engine.preflight import look
    from contract_tests.gateway.service import GATEWAY
    from mockserver.cli import impact_services as services
    from mockserver.cli.json_service import JsonService
    from mockserver.gateway.impact import Rules
    from mockserver.http.pacing import Pacer

    url, settings, pacer = url_of(options), connection_of(options), Pacer()
    secret = SECRET.of(options) or ""
    rules = Rules(look(GATEWAY, url, secret, options.gateway or "auto", settings=settings).version)
    header = (GATEWAY.auth_header, secret)
    with JsonService(url, header, settings=settings, pacer=pacer, has_long_listings=True) as service:
        policies, warnings = services.policies_of_gateway(service, rules)
        key = None if options.session else CLIENT_KEY.of(options)
        session = (
            _session(options, rules) if key is None else services.key_at_gateway(service, key, rules).session
        )
    show_pace(pacer)
    show_error(*(f"tyk-contract: {warning}" for warning in warnings))
    return _Question(rules, rules.store(policies), session)


def _session(options: argparse.Namespace, rules: Rules) -> Document:
    """The session in a file.

    Raises:
        ValueError: the file cannot be read, or has no session.
    """
    from mockserver.contract.codecs import Malformed

    name = options.session
    try:
        body = few_enough(stdin_within(DOCUMENT) if name == "-" else content_within(name, DOCUMENT))
    except (OSError, ValueError) as error:  # a path with a null byte is a ValueError
        reason = getattr(error, "strerror", None) or "the path has a null byte"
        raise ValueError(f"--session {name}: {reason}; give a file with a session as JSON") from error
    try:
        session = rules.sessions.decode(body)
    except Malformed as error:
        raise ValueError(f"{name} is not a session: {error}; correct the file") from error
    if names := _unknown_alone(body, rules):
        raise ValueError(
            f"{name} has {names} and no member of a session; give one session, not several by key"
        )
    return session


def _unknown_alone(body: bytes, rules: Rules) -> str:
    """The first names in a document without members of a session; "" for one with some, or an empty one."""
    from mockserver.golang import json_reader
    from mockserver.golang.scalars import fold

    node, _ = json_reader.read(body)
    names = [str(name) for name, _ in node] if isinstance(node, json_reader.Object) else []
    known = rules.sessions.type.by_fold
    return "" if any(fold(name) in known for name in names) else ", ".join(map(_shown, names[:3]))


def _shown(name: str) -> str:
    """The beginning of what may be a key, which is a secret."""
    return repr(f"{name[:4]}...") if len(name) > 8 else repr(name)
