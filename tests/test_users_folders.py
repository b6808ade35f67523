"""The suite works in a directory with folders of our names, and says so if our packages are overwritten."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from serving import LEAN, QUIET

pytestmark = pytest.mark.slow  # whole commands and servers

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
FOREIGN = "raise RuntimeError('this is the package of the user')\n"
SELECTED = (*LEAN, "-k", "secret and not generated", "-q")


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A directory that has a package for each of our names, and a spec/ of its own."""
    for name in ("contract_tests", "mockserver"):
        package = tmp_path / name
        package.mkdir()
        (package / "__init__.py").write_text(FOREIGN)
    (tmp_path / "contract_tests" / "conftest.py").write_text(FOREIGN)
    (tmp_path / "contract_tests" / "test_secret.py").write_text("def test_secret(): assert False\n")
    (tmp_path / "spec" / "gateway").mkdir(parents=True)
    for name in ("openapi.yaml", "behaviours.yaml"):
        (tmp_path / "spec" / "gateway" / name).write_text("no: contract\n")
    return tmp_path


def _run(folder: Path, *command: object, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = QUIET | {"XDG_CACHE_HOME": str(folder / "cache")} | variables
    return subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def test_verify_works_beside_folders_of_our_names(folder: Path) -> None:
    """The suite, the mock and the generator are ours, whatever the working directory has."""
    done = _run(folder, BIN / "tyk-contract", "verify", "--quick")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ": 0 failed, 0 error, " in done.stdout
    assert done.stderr == ""


def test_verify_works_as_a_module_beside_a_folder_of_the_suites_name(folder: Path) -> None:
    """`python -m mockserver` puts the working directory first, where a user's contract_tests/ stands."""
    shutil.rmtree(folder / "mockserver")
    done = _run(folder, sys.executable, "-m", "mockserver", "verify", "--quick")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("more", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_pyargs_means_our_suite(folder: Path, more: tuple[str, ...]) -> None:
    """`pytest --pyargs contract_tests` judges, in a directory that has a folder of that name."""
    done = _run(folder, BIN / "pytest", "--pyargs", "contract_tests", *SELECTED, *more)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b[5-9]\d passed", done.stdout)


def test_pyargs_means_our_suite_for_a_module_too(folder: Path) -> None:
    """`python -m pytest` puts the working directory first on the path of modules."""
    shutil.rmtree(folder / "mockserver")
    one = "contract_tests.gateway.test_secret::test_an_empty_secret_is_refused"
    done = _run(folder, sys.executable, "-m", "pytest", "--pyargs", one, *LEAN, "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_users_root_conftest_counts_beside_our_suite(folder: Path) -> None:
    """A project may set the gateway up in a conftest of its own."""
    (folder / "conftest.py").write_text("def pytest_report_header(): return 'the conftest of the user'\n")
    done = _run(
        folder, BIN / "pytest", "--pyargs", "contract_tests", *LEAN, "--collect-only", "-k", "test_hello"
    )
    assert "the conftest of the user" in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_fixture_works_beside_folders_of_our_names(folder: Path) -> None:
    """A project's test may use the mock from a directory that has a mockserver/ of its own."""
    (folder / "test_mine.py").write_text("def test_it(mock_gateway): assert not mock_gateway.policies\n")
    done = _run(folder, BIN / "pytest", "test_mine.py", *LEAN, "-q")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(name="overwritten")
def _overwritten(tmp_path: Path) -> Path:
    """A folder of our packages after another distribution has written over some files, as mockserver-client does."""
    folder = tmp_path / "site"
    for name in ("mockserver", "contract_tests", "spec"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "recordings")
        )
    (folder / "mockserver" / "__init__.py").write_text("class MockServerClient: ...\n")
    (folder / "mockserver" / "serving" / "pytest_plugin.py").write_text("def pytest_configure(config): ...\n")
    return folder


@pytest.mark.parametrize("command", ["verify", "serve"])
def test_an_overwritten_package_is_told(overwritten: Path, tmp_path: Path, command: str) -> None:
    """Each command ends with exit code 2 and one line that says what to do."""
    program = f"from mockserver.cli.main import main; main([{command!r}])"
    done = _run(tmp_path, sys.executable, "-P", "-c", program, PYTHONPATH=str(overwritten))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert "has overwritten the package mockserver of tyk-contract; install" in done.stderr


def test_an_overwritten_plugin_is_told(overwritten: Path, tmp_path: Path) -> None:
    """The suite under pytest ends with exit code 2, and says what to do."""
    done = _run(
        tmp_path, sys.executable, "-P", "-m", "pytest", overwritten / "contract_tests", *LEAN,
        "--rootdir", tmp_path, PYTHONPATH=str(overwritten),
    )  # fmt: skip
    assert done.returncode == 2
    assert "tyk-contract: its pytest plugin is missing; if another distribution" in done.stdout + done.stderr


def test_an_overwritten_package_is_told_to_a_session_of_pytest(overwritten: Path, tmp_path: Path) -> None:
    """A session of pytest whose tests cannot import `MockGateway` says in its header why."""
    plugin = "mockserver/serving/pytest_plugin.py"
    shutil.copy(ROOT / plugin, overwritten / plugin)
    (tmp_path / "test_mine.py").write_text("from mockserver import MockGateway\n")
    done = _run(
        tmp_path, sys.executable, "-P", "-m", "pytest", "test_mine.py", *LEAN, "--rootdir", tmp_path,
        PYTHONPATH=str(overwritten),
    )  # fmt: skip
    assert done.returncode == 2
    assert "has overwritten the package mockserver of tyk-contract; install" in done.stdout
