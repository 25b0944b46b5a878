"""docker/install-locked: what an image's packages are built with is of the lock, too.

The package index is this machine's: it has a package as source alone, and two versions of what
builds it, of which the lock names the older one. What builds it is a stand-in for setuptools.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docker/install-locked"
PYPROJECT = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
BUILDER = """
import zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name, info = "toy-1-py3-none-any.whl", "toy-1.dist-info"
    with zipfile.ZipFile(f"{{folder}}/{{name}}", "w") as wheel:
        wheel.writestr("toy.py", "BUILT_WITH = {version}")
        wheel.writestr(f"{{info}}/METADATA", "Metadata-Version: 2.1\\nName: toy\\nVersion: 1\\n")
        wheel.writestr(f"{{info}}/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr(f"{{info}}/RECORD", "")
    return name
"""

pytestmark = pytest.mark.skipif(shutil.which("pip") is None, reason="needs pip")


def source() -> bytes:
    made = io.BytesIO()
    files = {
        "pyproject.toml": PYPROJECT,
        "PKG-INFO": "Metadata-Version: 2.1\nName: toy\nVersion: 1\n",
    }
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"toy-1/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()


def builder(version: int) -> bytes:
    made = io.BytesIO()
    info = f"setuptools-{version}.dist-info"
    files = {
        "setuptools/__init__.py": "",
        "setuptools/build_meta.py": BUILDER.format(version=version),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: setuptools\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """URL of the index, and the digest of each file of it."""
    files = {
        "toy/toy-1.tar.gz": source(),
        "setuptools/setuptools-1-py3-none-any.whl": builder(1),
        "setuptools/setuptools-2-py3-none-any.whl": builder(2),
    }
    for name, content in files.items():
        path = tmp_path / "index" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    handler = partial(_Quiet, directory=str(tmp_path / "index"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        digests = {
            Path(name).name: hashlib.sha256(each).hexdigest() for name, each in files.items()
        }
        yield f"http://127.0.0.1:{server.server_port}", digests
        server.shutdown()


def install(index: str, lock: Path, folder: Path) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The interpreter of a new environment, and what became of the installation of ``lock``."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin/python"
    options = {"PIP_INDEX_URL": index, "PIP_NO_CACHE_DIR": "1", "PIP_CONFIG_FILE": "/dev/null"}
    path = {"PATH": f"{Path(shutil.which('pip') or '').parent}:/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run(
        ["sh", SCRIPT, python, lock],
        env=path | options,
        capture_output=True,
        text=True,
        check=False,
    )
    return python, done


def test_a_source_is_built_with_what_the_lock_names(
    index: tuple[str, Mapping[str, str]], tmp_path: Path
) -> None:
    url, digests = index
    lock = tmp_path / "lock"
    lock.write_text(
        f"setuptools==1 \\\n    --hash=sha256:{digests['setuptools-1-py3-none-any.whl']}\n"
        f"toy==1 \\\n    --hash=sha256:{digests['toy-1.tar.gz']}\n"
    )
    python, done = install(url, lock, tmp_path / "venv")
    assert done.returncode == 0, done.stderr
    found = subprocess.run(
        [python, "-c", "import toy; print(toy.BUILT_WITH)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "1"


def test_what_builds_it_and_is_not_in_the_lock_is_not_fetched(
    index: tuple[str, Mapping[str, str]], tmp_path: Path
) -> None:
    url, digests = index
    lock = tmp_path / "lock"
    lock.write_text(f"toy==1 \\\n    --hash=sha256:{digests['toy-1.tar.gz']}\n")
    _, done = install(url, lock, tmp_path / "venv")
    assert done.returncode != 0
    assert "setuptools" in done.stderr
