"""Where a gateway keeps its policies and API definitions, by its configuration."""

from __future__ import annotations

from pathlib import Path

from mockserver.gateway.config import Config
from mockserver.golang.json_size import few_enough_for_one
from mockserver.storage.backend import Backend
from mockserver.storage.directory_files import DirectoryFiles
from mockserver.storage.files import Files, MemoryFiles


def policy_files(config: Config, directory: Path, backend: Backend, *, fsync: bool) -> Files:
    """The files of policies.

    Without policy_path a gateway writes into its working directory (gateway/api.go:1080 @v5.12.0).
    """
    if config.policies__policy_path:
        return DirectoryFiles(
            directory / config.policies__policy_path, fsync=fsync, checked=few_enough_for_one
        )
    if config.policies__policy_record_name:
        return DirectoryFiles(directory, own_only=True, fsync=fsync, checked=few_enough_for_one)
    return MemoryFiles(backend.files("policies"))


def api_files(config: Config, directory: Path, backend: Backend, *, fsync: bool) -> Files:
    """The files of API definitions."""
    if config.app_path:
        return DirectoryFiles(directory / config.app_path, fsync=fsync, checked=few_enough_for_one)
    return MemoryFiles(backend.files("apis"))


def record_file(config: Config, directory: Path) -> Path | None:
    """The record file of policies; None if policies are in files of their own."""
    if config.policies__policy_path or not config.policies__policy_record_name:
        return None
    return directory / config.policies__policy_record_name


def lines_of_writes(config: Config, directory: Path) -> list[str]:
    """A line if policies that are written go to another place than that which they are loaded from."""
    record = record_file(config, directory)
    if record is None:
        return []
    place = directory.absolute()
    return [f"policies are loaded from {record}; writes go to {place}, and are never loaded, as on a gateway"]
