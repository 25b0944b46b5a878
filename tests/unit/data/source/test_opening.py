"""Opening of the data source that ``data.source`` names."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kubenas.data.source.opening import open_source
from kubenas.errors import UserError


def test_digits_are_bundled() -> None:
    source = open_source("digits")
    info = source.inspect(None)
    images = np.stack([image for image, *_ in source.examples(info)])
    assert images.shape == (1797, *info.shape)
    assert info.classes == tuple("0123456789")
    assert info.examples == 1797
    assert images.max() == 16


def test_a_file_uri_is_a_path(save_npz: Callable[..., Path]) -> None:
    path = save_npz(x=np.zeros((4, 2, 2)), y=np.arange(4) % 2)
    assert open_source(f"file://{path}").inspect(None).examples == 4


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("ftp://host/set.npz", "ftp://host: ftp:// is not supported"),
        ("nowhere/set.npz", "nowhere/set.npz: no such file or folder"),
    ],
)
def test_rejects_missing_sources(location: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        open_source(location)


def test_rejects_unsupported_formats(tmp_path: Path) -> None:
    (tmp_path / "set.mat").touch()
    with pytest.raises(UserError, match=r"cannot read a '\.mat' file; give an \.npz"):
        open_source(str(tmp_path / "set.mat"))


@pytest.mark.parametrize("kind", ["npz", "folder", "picture"])
def test_rejects_unreadable_sources(tmp_path: Path, kind: str) -> None:
    location = {"npz": "set.npz", "folder": "set", "picture": "set"}[kind]
    (tmp_path / "set" / "cat").mkdir(parents=True)
    (tmp_path / "set" / "cat" / "1.png").write_bytes(b"secret")
    (tmp_path / "set.npz").write_bytes(b"secret")
    closed = {"npz": "set.npz", "folder": "set/cat", "picture": "set/cat/1.png"}[kind]
    (tmp_path / closed).chmod(0)
    open_to_all(tmp_path)
    with without_privileges(), pytest.raises(UserError, match="no permission to read"):
        open_source(str(tmp_path / location)).inspect(None)
    (tmp_path / closed).chmod(0o700)


def open_to_all(folder: Path) -> None:
    """Makes the private folders of pytest accessible to other users."""
    for parent in (folder, *folder.parents[:2]):
        if parent.stat().st_uid == os.geteuid():
            parent.chmod(0o755)


class without_privileges:  # noqa: N801
    """Runs the body as nobody if the user is root, because root may read everything."""

    def __enter__(self) -> None:
        self._user = os.geteuid()
        if self._user == 0:
            os.seteuid(65534)

    def __exit__(self, *_: object) -> None:
        os.seteuid(self._user)
