"""A data plane as a process: `tyk-contract serve` with a configuration that names its control plane."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from contract_tests.engine.helper_process import environment, python
from mockserver.console.credentials import STORE
from mockserver.service.configuration import ConfigError

START_SECONDS = 60.0  # until a plane must listen
STOP_SECONDS = 8.0  # from SIGTERM until it is killed
_LISTENS = " mocked on "


@dataclass(frozen=True)
class PlaneSettings:
    """All that a data plane is started with.

    Attributes:
        name: its name, which is that of its group too.
        folder: the directory of its configuration and its backup.
        control: host and port of its control plane.
        organisation: the id of the organisation whose policies it serves.
        key: the access key of a user of that organisation.
        secret: the secret of its own API.
        host: the address that it listens on.
        port: its port; 0 for any free one.
        version: its gateway version; "" for the default.
        store: the URL of the Redis that keeps its state and its backup; "" for a file.
    """

    name: str
    folder: Path
    control: str
    organisation: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 0
    version: str = ""
    store: str = field(default="", repr=False)

    @property
    def config(self) -> Path:
        """The file of its configuration."""
        return self.folder / f"{self.name}.conf"

    @property
    def arguments(self) -> list[str]:
        """The arguments of the command that starts it."""
        backup = [] if self.store else ["--backup", str(self.folder / f"{self.name}.backup.json")]
        version = ["--gateway", self.version] if self.version else []
        return ["serve", "--conf", str(self.config), *backup, *version]

    @property
    def command(self) -> str:
        """The command as a line to paste."""
        store = f"{STORE.variable}=... " if self.store else ""
        return f"{store}tyk-contract {shlex.join(self.arguments)}"

    def write(self) -> None:
        """Write the configuration, which only this user may read, for it has the key.

        Raises:
            ConfigError: it cannot be written.
        """
        values = {
            "listen_address": self.host,
            "listen_port": self.port,
            "secret": self.secret,
            "policies": {"policy_source": "rpc"},
            "slave_options": {
                "use_rpc": True,
                "connection_string": self.control,
                "rpc_key": self.organisation,
                "api_key": self.key,
                "group_id": self.name,
            },
            "auth_override": {"force_auth_provider": True, "auth_provider": {"storage_engine": "rpc"}},
        }
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.config.unlink(missing_ok=True)  # so that it gets the mode of a new file
            with os.fdopen(os.open(self.config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(values, file, indent=2)
        except OSError as error:
            raise ConfigError(f"{self.config}: {error.strerror}; choose another --dir") from error


class PlaneProcess:
    """A data plane that runs. It ends with this process, at the latest."""

    def __init__(self, settings: PlaneSettings) -> None:
        settings.write()
        self.settings = settings
        self._is_stopping = False
        variables = {**environment(), STORE.variable: settings.store}
        self._process = subprocess.Popen(
            python("-m", "mockserver", *settings.arguments, "--quiet", "--stop-at-eof"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables, text=True, start_new_session=True,
        )  # fmt: skip

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def wait_until_started(self) -> str:
        """Wait until it listens; returns its URL.

        Raises:
            ConfigError: it does not start; its own message is on standard error.
        """
        assert self._process.stdout is not None
        limit = threading.Timer(START_SECONDS, self._process.kill)
        limit.start()
        try:
            for line in self._process.stdout:
                if _LISTENS in line:
                    return line.split(_LISTENS)[1].split()[0]
        finally:
            limit.cancel()
        raise ConfigError(f"{self.settings.name} did not start; see the message before this one")

    def on_end(self, callback: Callable[[PlaneSettings, int], None]) -> None:
        """Call a function with the exit code when it ends by itself, or is ended by others."""

        def watch() -> None:
            assert self._process.stdout is not None
            for _ in self._process.stdout:
                pass
            code = self._process.wait()
            if not self._is_stopping:
                callback(self.settings, code)

        threading.Thread(target=watch, name=f"tyk-contract-{self.settings.name}", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_stopping = True
        assert self._process.stdin is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
