"""Three real models, a store, the CRD, and a stand-in for KServe at work in a namespace."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kubenas.scheduling.kubernetes.client.api import Api
from kubenas.scheduling.kubernetes.client.connection import connect
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import Task
from tests.cluster.images import Images, run
from tests.cluster.namespace import fresh_namespace
from tests.cluster.serving.place import CRD_NAME, Place, install_crd
from tests.cluster.serving.stand_in_kserve import StandInKserve, serving
from tests.contracts.storage.servers import BUCKET, fake_gcs_server
from tests.unit.training.conftest import digits, spec_in

__all__ = ["digits"]  # a fixture


@pytest.fixture(scope="session")
def exports(digits: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """The folders of three models, trained and exported, that answer differently."""
    folders = []
    for seed in (1, 2, 3):
        folder = tmp_path_factory.mktemp("export")
        trained = spec_in(folder, digits, plan={"epochs": 1, "seed": seed, "keep_model": True})
        run_task(trained, Termination())
        spec = spec_in(folder, digits, Task.EXPORT, model=f"{trained.prefix}/model.weights.h5")
        result = run_task(spec, Termination())
        assert result.outcome == "completed", result.message
        folders.append(Path(spec.prefix))
    return tuple(folders)


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with fake_gcs_server() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", url)
        patch.setenv("KUBENAS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield f"gs://{BUCKET}"


@pytest.fixture(scope="session")
def crd() -> Iterator[None]:
    install_crd()
    yield
    run("kubectl", "delete", "--ignore-not-found", "crd", CRD_NAME)


@pytest.fixture
def place(crd: None, bucket: str, exports: tuple[Path, ...], tmp_path: Path) -> Iterator[Place]:
    with fresh_namespace(Images("", "")) as namespace:
        namespace.install_chart(serving__enabled=True)
        yield Place(namespace, bucket, exports, tmp_path)


@pytest.fixture
def kserve(place: Place, request: pytest.FixtureRequest) -> Iterator[StandInKserve]:
    """In Standard mode, unless the test's parameter says otherwise."""
    options = getattr(request, "param", {})
    with serving(StandInKserve(Api(connect()), place.namespace.name, **options)) as at_work:
        yield at_work
