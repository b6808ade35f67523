"""The wheel has all files that are needed, and works outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # whole commands and servers

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module", name="wheel")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
        "--wheel-dir", str(folder), str(ROOT),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=300)
    return next(folder.glob("tyk_contract-*.whl"))


def test_the_wheel_holds_code_spec_and_documents_and_nothing_else(wheel: Path) -> None:
    """The wheel has the files of both packages and of spec/, the documents, and no others."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    packages = {
        str(path.relative_to(ROOT))
        for package in ("mockserver", "contract_tests")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    spec = {
        f"mockserver/_spec/{p.relative_to(ROOT / 'spec')}" for p in (ROOT / "spec").rglob("*") if p.is_file()
    }
    documents = {f"mockserver/_docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    assert names == packages | spec | documents
    assert "mockserver/service/pages/templates/overview.html" in names


def test_an_installed_wheel_works_anywhere(wheel: Path, tmp_path: Path) -> None:
    """In a venv without the checkout, the installed command finds that the mock conforms."""
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout.strip()  # fmt: skip
    (Path(site) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True, timeout=300,
    )  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TYK_GW_", "PYTEST_"))}
    location = subprocess.run(
        [python, "-c", "import mockserver; print(mockserver.__file__)"],
        capture_output=True, text=True, check=True, cwd=tmp_path, env=environment, timeout=60,
    ).stdout  # fmt: skip
    assert location.startswith(site)
    command = tmp_path / "venv" / "bin" / "tyk-contract"
    process = subprocess.run(
        [command, "verify", "--quick"], capture_output=True, text=True, check=False, cwd=tmp_path, env=environment, timeout=300,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr
    assert ": 0 failed, 0 error, " in process.stdout
