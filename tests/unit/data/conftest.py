"""Fixtures: small data sets in every supported format, and a prepared data set."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from kubenas.config import DataConfig
from kubenas.data.preparation.prepare import PreparedDataset, prepare_dataset
from kubenas.storage import Storage, open_storage

Pixels = npt.NDArray[Any]


@pytest.fixture
def output(tmp_path: Path) -> Storage:
    return open_storage(str(tmp_path / "output"))


@pytest.fixture
def save_npz(tmp_path: Path) -> Callable[..., Path]:
    """Returns a function that saves arrays to an .npz file."""

    def save(name: str = "set.npz", *, compressed: bool = False, **arrays: Any) -> Path:
        path = tmp_path / name
        (np.savez_compressed if compressed else np.savez)(path, **arrays)
        return path

    return save


@pytest.fixture
def save_images(tmp_path: Path) -> Callable[..., Path]:
    """Returns a function that saves images, given by name, to a folder."""

    def save(images: Mapping[str, Image.Image], folder: str = "pictures") -> Path:
        root = tmp_path / folder
        for name, image in images.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            image.save(path)
        return root

    return save


@pytest.fixture(scope="session")
def coloured() -> npt.NDArray[np.uint8]:
    """300 images of 6 x 5 with three channels of different moments. The last one is constant."""
    numbers = np.random.default_rng(0)
    images = numbers.integers(0, 256, (300, 6, 5, 3), np.uint8)
    images[..., 1] //= 4
    images[..., 2] = 7
    return images


@pytest.fixture(scope="session")
def prepared(
    tmp_path_factory: pytest.TempPathFactory, coloured: npt.NDArray[np.uint8]
) -> PreparedDataset:
    """A prepared data set of ``coloured``. The label is the position modulo 3."""
    folder = tmp_path_factory.mktemp("prepared")
    labels = np.arange(300) % 3
    order = np.argsort(labels, kind="stable")
    np.savez(folder / "set.npz", x=coloured[order], y=labels[order])
    config = DataConfig(source=str(folder / "set.npz"))
    return prepare_dataset(config, open_storage(str(folder / "output")))
