"""The command that is run, as reports tell it: without the secrets in it."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Collection

from mockserver.cli import connection_of
from mockserver.console.credentials import CREDENTIALS
from mockserver.http.redaction import all_hidden


def command_of(options: argparse.Namespace) -> str:
    """The command that is run, without the secrets in it."""
    secrets = [value for kind in CREDENTIALS for value in kind.known(options)]
    words = [_without(word, secrets) for word in options.arguments]
    hidden_too = [*secrets, *connection_of(options).secrets]
    return all_hidden(shlex.join(["tyk-contract", *words]), hidden_too)


def _without(word: str, secrets: Collection[str]) -> str:
    """A word of a command; a secret is masked, however short it is."""
    flag, equals, value = word.partition("=")
    if equals and flag.startswith("--") and value in secrets:
        return f"{flag}=***"
    return "***" if word in secrets else word
