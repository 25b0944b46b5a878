"""Ignored files, compared to git itself."""

import subprocess
from pathlib import Path

import pytest

from kubenas.spaces.user_code.gitignore import Gitignore

FILES = [
    "a.txt",
    "a.log",
    "keep.log",
    "build/x.py",
    "src/build/x.py",
    "src/a.log",
    "src/only.txt",
    "src/deep/only.txt",
    "src/deep/special.bin",
    "vendored/kept.py",
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / ".gitignore").write_text(
        "# logs\n*.log\n!keep.log\n/build/\nvendored/\n!vendored/kept.py\n*.bin\n"
    )
    (tmp_path / "src/.gitignore").write_text("/only.txt\n!a.log\n")
    (tmp_path / "src/deep/.gitignore").write_text("!special.bin\n")
    return tmp_path


def ignored_by_git(repository: Path, folder: Path) -> set[Path]:
    names = "\n".join(str(path) for path in folder.rglob("*") if path.is_file())
    done = subprocess.run(
        ["git", "-C", repository, "check-ignore", "--stdin"],
        input=names, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return {Path(line) for line in done.stdout.splitlines()}


@pytest.mark.parametrize("below", [".", "src", "src/deep"])
def test_the_same_files_are_ignored_as_by_git(repository: Path, below: str) -> None:
    folder = repository / below
    ignore = Gitignore(folder)
    files = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    ignored = {path for path in files if ignore.ignores(path)}
    assert ignored == ignored_by_git(repository, folder) & set(files)
    assert len(ignored) < len(files)


def test_a_folder_that_its_repository_leaves_out_goes_by_its_own(repository: Path) -> None:
    (repository / "build/.gitignore").write_text("*.csv\n")
    ignore = Gitignore(repository / "build")
    assert not ignore.ignores(repository / "build/x.py")
    assert ignore.ignores(repository / "build/x.csv")


def test_a_folder_in_no_repository_goes_by_its_own(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.csv\n")
    assert Gitignore(tmp_path).ignores(tmp_path / "x.csv")
    assert not Gitignore(tmp_path).ignores(tmp_path / "x.txt")
