"""Fixtures: a sample of each kind, and a data set of it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

import pytest

from kubenas.config import DataConfig
from kubenas.data.dataset.schema import KindName
from kubenas.data.kinds.kind import ExampleKind
from kubenas.data.kinds.registry import example_kind
from kubenas.data.preparation.prepare import PreparedDataset, prepare_dataset
from kubenas.storage import open_storage
from tests.contracts.kinds.samples import SAMPLES, Labelled, Sample

Prepare = Callable[..., PreparedDataset]


@pytest.fixture(scope="session", params=get_args(KindName))
def sample(request: pytest.FixtureRequest) -> Sample:
    """A sample of each registered kind."""
    return SAMPLES[request.param]


@pytest.fixture
def kind(sample: Sample) -> ExampleKind:
    return example_kind(sample.kind)


@pytest.fixture(scope="session")
def prepared(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    """A data set of 240 examples. It must not be changed."""
    folder = tmp_path_factory.mktemp(sample.kind)
    source = sample.write(folder / "set", sample.examples(240))
    return prepare_dataset(DataConfig(source=source), open_storage(str(folder / "output")))


@pytest.fixture
def prepare(sample: Sample, tmp_path: Path) -> Prepare:
    """Returns a function that writes examples to a file and prepares them."""

    def write_and_prepare(
        examples: Sequence[Labelled], name: str = "set", **config: int
    ) -> PreparedDataset:
        source = sample.write(tmp_path / name, examples)
        return prepare_dataset(
            DataConfig(source=source, **config),
            open_storage(str(tmp_path / "output")),
        )

    return write_and_prepare
