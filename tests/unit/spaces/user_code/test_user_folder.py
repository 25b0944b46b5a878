"""A user's folder on a disk and in a bucket: both list the same files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kubenas.spaces.user_code.user_folder import UserFolder, open_user_folder
from kubenas.storage import open_storage
from tests.contracts.storage.servers import BUCKET, fake_gcs_server

SEEN = ["data/a.csv", "data/deep/b.csv", "mine.py"]
HIDDEN = [
    ".env",
    "data/.git/x",
    "__pycache__/mine.pyc",
    "venv/pyvenv.cfg",
    "venv/lib/x.py",
    "out/x.py",
]


@pytest.fixture(params=["disk", "bucket"])
def location(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    if request.param == "disk":
        yield str(tmp_path)
        return
    with fake_gcs_server() as url:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        yield f"gs://{BUCKET}/team"


@pytest.fixture
def folder(location: str) -> UserFolder:
    for name in [*SEEN, *HIDDEN]:
        open_storage(location).write(name, name.encode())
    return open_user_folder(location, output=f"{location}/out")


def test_excluded_files_are_not_listed(folder: UserFolder) -> None:
    assert sorted(folder.names(lambda _: True)) == SEEN


def test_only_the_folders_that_are_entered_are_seen(folder: UserFolder) -> None:
    assert sorted(folder.names(lambda name: name == "data")) == ["data/a.csv", "mine.py"]
    assert list(folder.names(lambda _: False)) == ["mine.py"]


def test_files_are_described_and_read(folder: UserFolder) -> None:
    assert folder.has("data/deep/b.csv")
    assert not folder.has("data")
    assert not folder.has("none")
    assert folder.read("data/a.csv") == b"data/a.csv"
    assert folder.size("data/a.csv") == len("data/a.csv")
    assert not folder.ignored("data/a.csv")
    assert not folder.hidden_or_outside("data/a.csv")
