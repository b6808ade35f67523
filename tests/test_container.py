"""The Containerfile and the compose examples: they need what is there, and start what our command has."""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from asking import wait_until
from serving import QUIET, serving

from mockserver import MockDashboard
from mockserver.cli.main import parser_of
from mockserver.console.credentials import CREDENTIALS
from mockserver.contract.spec_files import load_yaml, spec_path
from mockserver.dashboard.config import Config as DashboardConfig
from mockserver.gateway.config import Config as GatewayConfig

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TEXT = (ROOT / "Containerfile").read_text()
INSTRUCTIONS = [
    tuple(line.split(maxsplit=1))
    for line in re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
    if line
]
FILES = sorted((ROOT / "examples" / "compose").glob("*.yaml"))
OURS = "${TYK_CONTRACT_IMAGE:-tyk-contract}"
WRITES = """
import os, sys
written = []
def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, (str, bytes)) and (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.append(os.fsdecode(path))
sys.addaudithook(watch)
from mockserver import MockGateway
with MockGateway() as gateway:
    gateway.client.post("/tyk/policies", json={"id": "gold"}).raise_for_status()
    gateway.client.get("/tyk/reload?block=true").raise_for_status()
    gateway.client.get("/_mock/state").raise_for_status()
print([path for path in written if path != os.devnull])
"""


def filled(text: str) -> str:
    """A text of a compose file with its variables as if none were set; a required one has the value "given"."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    return re.sub(r"\$\{\w+:\?[^}]*\}", "given", text)


def services_of(path: Path) -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load(path.read_text())["services"]
    return services


SERVICES = [
    pytest.param(service, services, id=f"{path.name} {name}")
    for path in FILES
    for services in (services_of(path),)
    for name, service in services.items()
]
OUR_SERVICES = [case for case in SERVICES if case.values[0]["image"] == OURS]  # type: ignore[index]


def health_check() -> list[str]:
    """The health check of the image, to be run by this Python."""
    (check,) = [rest for name, rest in INSTRUCTIONS if name == "HEALTHCHECK"]
    program, *arguments = json.loads(check.partition("CMD ")[2])
    assert program == "python"
    return [sys.executable, *arguments]


def environment_of_image() -> dict[str, str]:
    words = [word for name, rest in INSTRUCTIONS if name == "ENV" for word in shlex.split(rest)]
    return dict(word.split("=", 1) for word in words)


def variables_of_ours() -> set[str]:
    """The variables that our commands read."""
    of_configs = {
        config.variable_of(name) for config in (GatewayConfig, DashboardConfig) for name in config.kinds()
    }
    return of_configs | {credential.variable for credential in CREDENTIALS}


def test_the_image_is_built_from_what_the_package_needs() -> None:
    """The build copies all files that the wheel is made of, and .dockerignore lets them through."""
    copied = {
        word
        for name, rest in INSTRUCTIONS
        if name == "COPY" and not rest.startswith("--from")
        for word in rest.split()[:-1]
    }
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    project = PROJECT["project"]
    needed = {*wheel["only-include"], *wheel["force-include"], project["readme"], *project["license-files"]}
    assert copied == needed | {"pyproject.toml", "constraints.txt"}
    assert all((ROOT / name).exists() for name in copied)
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    assert copied == let_through


def test_the_image_runs_our_command_without_root() -> None:
    """The image has a user by number that is not root, our command as its entry point, and our default ports."""
    last = dict(INSTRUCTIONS)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last["USER"])
    (program,) = json.loads(last["ENTRYPOINT"])
    assert program in PROJECT["project"]["scripts"]
    assert parser_of(json.loads(last["CMD"])).parse_args(json.loads(last["CMD"]))
    ports = {GatewayConfig().listen_port, DashboardConfig().listen_port}
    assert set(map(int, last["EXPOSE"].split())) == ports
    ours = {name for name in environment_of_image() if name.startswith("TYK_")}
    assert ours <= variables_of_ours()


@pytest.mark.slow
def test_the_health_check_tells_a_mock_from_none() -> None:
    """The health check passes where a mock answers at its port, and fails where none does."""
    with serving() as served:
        port = served.url.rpartition(":")[2]
        healthy = QUIET | {"TYK_GW_LISTENPORT": port}
        assert subprocess.run(health_check(), env=healthy, check=False, timeout=30).returncode == 0
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        sick = QUIET | {"TYK_GW_LISTENPORT": str(closed.getsockname()[1])}
        process = subprocess.run(health_check(), env=sick, check=False, timeout=30, capture_output=True)
    assert process.returncode == 1


@pytest.mark.slow
def test_a_mock_writes_no_file(tmp_path: Path) -> None:
    """A mock with policies in memory opens no file for writing, so that it runs on a read-only file system."""
    process = subprocess.run(
        [sys.executable, "-c", WRITES], env=QUIET | {"PYTHONDONTWRITEBYTECODE": "1"}, cwd=tmp_path,
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert process.stdout == "[]\n"


@pytest.mark.parametrize(("service", "services"), OUR_SERVICES)
def test_a_service_of_ours_has_what_the_command_has(service: Any, services: Any) -> None:
    """The command and the variables of each service are ours, and it can write nothing but /tmp."""
    command = [filled(word) for word in service["command"]]
    options = parser_of(command).parse_args(command)
    assert options.remote_control
    variables = {name for name in service["environment"] if name.startswith("TYK_")}
    assert variables <= variables_of_ours()
    assert service["read_only"]
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert (ROOT / "examples" / "compose" / service["build"]["context"]).resolve() == ROOT
    assert (ROOT / service["build"]["dockerfile"]).is_file()


@pytest.mark.parametrize(("service", "services"), SERVICES)
def test_a_service_waits_for_healthy_ones(service: Any, services: Any) -> None:
    """Each service waits for services that say whether they are healthy, and is published to this machine alone."""
    for name, needed in service.get("depends_on", {}).items():
        assert needed == {"condition": "service_healthy"}
        assert "healthcheck" in services[name] or services[name]["image"] == OURS
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_the_files_are_described() -> None:
    """The README of the examples has each file, and the command at the top of each."""
    page = (FILES[0].parent / "README.md").read_text()
    for path in FILES:
        command = re.search(r"^#   (.*docker compose .*)$", path.read_text(), re.MULTILINE)
        assert command is not None
        assert command[1] in page
        assert f"[{path.name}]({path.name})" in page
    assert len(FILES) == 3


def test_the_image_of_the_vendor_is_left_to_the_user() -> None:
    """No file names an image of the vendor, and the real gateway's is a variable that must be set."""
    images = {service["image"] for path in FILES for service in services_of(path).values()}
    assert {image for image in images if "tyk" in image.lower()} == {
        OURS, "${TYK_IMAGE:?the name of the vendor's image of a gateway}",
    }  # fmt: skip


def _environment_of_the_gateway() -> dict[str, str]:
    service = services_of(ROOT / "examples" / "compose" / "dashboard.compose.yaml")["gateway"]
    return {name: filled(value) for name, value in service["environment"].items()}


def test_the_variables_of_the_real_gateway_exist() -> None:
    """Each variable of the real gateway is that of a key of its configuration."""
    keys = load_yaml(spec_path("gateway/config_keys.yaml"))
    known = {GatewayConfig.variable_of(key.replace(".", "__")) for key in keys}
    assert set(_environment_of_the_gateway()) <= known


@pytest.mark.slow
def test_the_configuration_of_the_gateway_makes_it_a_node() -> None:
    """A mock gateway with the variables of the example registers with a mock Dashboard and has its policies."""
    environment = _environment_of_the_gateway()
    secret = environment["TYK_GW_NODESECRET"]
    with MockDashboard(with_gateway=False, config={"shared_node_secret": secret}) as dashboard:
        dashboard.policies.seed({"name": "Gold"})
        environment = {
            name: value.replace("http://dashboard:3000", dashboard.url) for name, value in environment.items()
        } | {"TYK_GW_LISTENPORT": "0"}
        with serving(**environment):
            wait_until(lambda: any(node["delivered"] for node in dashboard.client.get("/_mock/nodes").json()))
