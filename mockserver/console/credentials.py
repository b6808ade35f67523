"""Credentials of the commands: each is taken from an option, standard input, a file or a variable.

One rule holds for all of them. `--NAME VALUE` gives the value, `--NAME -` reads one line of standard input,
and `--NAME-file FILE` reads a file of one line. Only one of these may be given; it overrides the variable.
No message shows a value.
"""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.console.input_files import content_and_mode
from mockserver.console.terminal import show_error

LONGEST = 64 << 10  # bytes of a credential
STDIN = "-"  # the value that stands for standard input


class CredentialError(ValueError):
    """A credential that cannot be read; the message names where it should come from, and the next step."""


@dataclass(frozen=True)
class Credential:
    """A kind of credential.

    Attributes:
        name: the name of its option, without the hyphens before it.
        variable: the environment variable that has it.
        metavar: the name of its value in the help.
        what: what it is, in the help.
    """

    name: str
    variable: str
    metavar: str
    what: str

    @property
    def attribute(self) -> str:
        """The attribute of parsed options that has the value of the option."""
        return self.name.replace("-", "_")

    def add_options(self, parser: argparse._ActionsContainer, *, note: str = "") -> None:
        """Declare the options; `note` follows the description of the value."""
        parser.add_argument(
            f"--{self.name}",
            action="append",
            default=[],
            metavar=self.metavar,
            help=f"{self.what}{note}, or - to read one line of standard input. Other users of this machine "
            f"see a value here in the list of processes (ps); safer are -, --{self.name}-file and the "
            f"variable {self.variable}. An option overrides the variable.",
        )
        parser.add_argument(
            f"--{self.name}-file",
            action="append",
            default=[],
            metavar="FILE",
            help=f"File whose only line is the value of --{self.name}; readable by you alone.",
        )

    def of_options(self, options: argparse.Namespace) -> str | None:
        """The value that the options give; None if they give none.

        Raises:
            CredentialError: there are several, or a file or standard input has none.
        """
        values: list[str] = getattr(options, self.attribute)
        files: list[str] = getattr(options, f"{self.attribute}_file")
        if len(values) + len(files) > 1:
            raise CredentialError(f"give one --{self.name} or one --{self.name}-file, not several")
        if files:  # what was read is the value from now on
            setattr(options, self.attribute, [read_file(files[0], f"--{self.name}-file")])
            setattr(options, f"{self.attribute}_file", [])
        elif values == [STDIN]:
            _check_stdin(options)
            setattr(options, self.attribute, [_read_stdin(f"--{self.name}")])
        return next(iter(getattr(options, self.attribute)), None)

    def known(self, options: argparse.Namespace) -> list[str]:
        """All values of the options and the variable, without those that were not read."""
        values: list[str] = getattr(options, self.attribute, [])
        return [value for value in (*values, os.environ.get(self.variable, "")) if value not in {"", STDIN}]

    def of(self, options: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> str | None:
        """The value that the options or else the variable give; None if neither does.

        Raises:
            CredentialError: the options give several, or a file or standard input has none.
        """
        value = self.of_options(options)
        return environment.get(self.variable) or None if value is None else value


SECRET = Credential("secret", "TYK_GW_SECRET", "SECRET", "Secret of the gateway, as in X-Tyk-Authorization")
STORE = Credential(
    "store",
    "TYK_CONTRACT_STORE",
    "URL",
    "URL of the Redis that a group of mocks shares, redis://HOST:PORT/DB",
)
KEY = Credential("key", "TYK_DASHBOARD_KEY", "KEY", "Access key of a user of the Dashboard, an admin")
ADMIN_SECRET = Credential("admin-secret", "TYK_DB_ADMINSECRET", "SECRET", "Required value of admin-auth")
NODE_SECRET = Credential("node-secret", "TYK_DB_NODESECRET", "SECRET", "Secret of the gateways that register")
OTHER_SECRET = Credential("other-secret", "TYK_CONTRACT_OTHER_SECRET", "SECRET", "Secret or key of B")
CREDENTIALS = (SECRET, STORE, KEY, ADMIN_SECRET, NODE_SECRET, OTHER_SECRET)


def read_file(path: str, option: str) -> str:
    """The only line of a file, without its end; warns if other users may read the file.

    Raises:
        CredentialError: the file cannot be read, is empty, too large or no text, has several lines, or is a
            pipe that does not end in time.
    """
    place = f"{option} {path}"
    try:
        data, mode = content_and_mode(path, LONGEST)
    except (OSError, ValueError) as error:  # a path with a null byte is a ValueError
        reason = getattr(error, "strerror", None) or "the path has a null byte"
        raise CredentialError(f"{place}: {reason}; give a file of one line") from None
    if os.name == "posix" and stat.S_ISREG(mode) and mode & stat.S_IROTH:
        show_error(f"tyk-contract: {place}: other users may read this file; chmod 600 it")
    return _only_line(data, place)


def _read_stdin(option: str) -> str:
    place = f"{option} {STDIN}: standard input"
    if sys.stdin is None:
        raise CredentialError(f"{place} is closed; give one line to it")
    if sys.stdin.isatty():
        import getpass  # here, for each command would wait for it

        return _only_line(getpass.getpass(f"{option}: ").encode("utf-8", "surrogateescape"), place)
    return _only_line(sys.stdin.buffer.readline(LONGEST + 1), place)


def _check_stdin(options: argparse.Namespace) -> None:
    """Check that standard input is wanted once.

    Raises:
        CredentialError: several options read it.
    """
    readers = [
        f"--{kind.name} {STDIN}" for kind in CREDENTIALS if getattr(options, kind.attribute, []) == [STDIN]
    ]
    if len(readers) > 1:
        raise CredentialError(f"only one of {' and '.join(readers)} can read standard input; use a file")


def _only_line(data: bytes, place: str) -> str:
    """The text of the data, which are one line, without its end and without a byte order mark.

    Raises:
        CredentialError: they are empty, too large, no text, or several lines.
    """
    if len(data) > LONGEST:
        raise CredentialError(f"{place}: there are over {LONGEST} bytes; give one short line")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CredentialError(f"{place}: it is not UTF-8 text; give one line of text") from None
    line = text.removesuffix("\n").removesuffix("\r")
    if not line.strip():
        raise CredentialError(f"{place}: it is empty; give one line of text")
    if len(line.splitlines()) > 1:
        raise CredentialError(f"{place}: there are several lines; give one line alone")
    return line
