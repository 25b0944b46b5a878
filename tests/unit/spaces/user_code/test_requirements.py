"""A user's requirements file, compared to the installed packages."""

from importlib.metadata import version
from pathlib import Path

import pytest

from kubenas.errors import UserError
from kubenas.spaces.user_code.requirements import missing_requirements


def missing(folder: Path, text: str) -> list[str]:
    file = folder / "requirements.txt"
    file.write_text(text)
    return missing_requirements(file)


def test_what_is_installed_is_not_missing(tmp_path: Path) -> None:
    text = (
        "# what layers need\n\n"
        f"numpy=={version('numpy')} \\\n    --hash=sha256:0123 \\\n    --hash=sha256:4567\n"
        "keras>=3  # any\nNumPy\nnot-for-this-python; python_version < '3'\n"
    )
    assert missing(tmp_path, text) == []


def test_missing_packages_and_versions_are_reported(tmp_path: Path) -> None:
    assert missing(tmp_path, "kubenas-no-such-package>=2\nnumpy>=99\nkeras\n") == [
        "kubenas-no-such-package>=2 (not installed)",
        f"numpy>=99 ({version('numpy')} is installed)",
    ]


@pytest.mark.parametrize("line", ["-r base.txt", "numpy=1", "./wheels/x.whl"])
def test_an_invalid_line_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(UserError) as caught:
        missing(tmp_path, f"# first\n{line}\n")
    assert str(caught.value).startswith(f"space.requirements: requirements.txt, line 2: '{line}'")
