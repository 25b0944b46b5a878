"""Champions handed to KServe on a real API server, with real models behind a stand-in for KServe.

This process stands for the step: it has the rights of the step's account, and reaches the model
servers by the service's public URL. What a step inside the cluster takes instead is in tests/unit.
"""

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from kubenas.errors import UserError
from kubenas.scheduling.cluster_facts import Permission
from kubenas.scheduling.kubernetes_api import Api
from kubenas.scheduling.kubernetes_connection import connect
from kubenas.serving import changeover
from kubenas.serving.champion import ChampionRecord
from kubenas.serving.handoff import Handoff, hand_over
from kubenas.serving.kserve import NEEDED
from kubenas.serving_config import ServingConfig
from kubenas.storage import open_storage
from kubenas.training.sample import SampleAnswer
from kubenas.training.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import Task
from tests.cluster.images import Images, run
from tests.cluster.namespace import CONTROLLER, Namespace, fresh_namespace
from tests.cluster.stand_in_kserve import StandInKserve, serving
from tests.contracts.storage.servers import BUCKET, fake_gcs_server
from tests.unit.serving.champions import record
from tests.unit.training.conftest import digits, spec_in

__all__ = ["digits"]  # a fixture

pytestmark = pytest.mark.cluster

CRD = Path(__file__).with_name("inference_services_crd.yaml")
CRD_NAME = "inferenceservices.serving.kserve.io"
NAME = "digits"
KSERVE = ServingConfig(kind="kserve", ready_seconds=60)
IN_HASTE = ServingConfig(kind="kserve", ready_seconds=4)


@pytest.fixture(scope="session")
def exports(digits: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """The folders of three models, trained and exported, that answer differently."""
    folders = []
    for seed in (1, 2, 3):
        folder = tmp_path_factory.mktemp("export")
        trained = spec_in(folder, digits, plan={"epochs": 1, "seed": seed, "keep_model": True})
        run_task(trained, Termination())
        spec = spec_in(folder, digits, Task.EXPORT, model=f"{trained.prefix}/model.keras")
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
    run("kubectl", "apply", "-f", str(CRD))
    run("kubectl", "wait", "--for=condition=established", f"crd/{CRD_NAME}")
    yield
    run("kubectl", "delete", "--ignore-not-found", "crd", CRD_NAME)


class Place:
    """A namespace in which a step may serve, with an output in the object store."""

    def __init__(
        self, namespace: Namespace, bucket: str, exports: tuple[Path, ...], folder: Path
    ) -> None:
        self.namespace = namespace
        self.output = open_storage(f"{bucket}/{namespace.name}")
        self._exports = exports
        self._admin = os.environ["KUBECONFIG"]
        self._kubeconfig = namespace.kubeconfig(CONTROLLER, folder)

    def champion(
        self, number: int, *, of: int = 0, served: int | None = None, gone: bool = False
    ) -> ChampionRecord:
        """A record whose model is the export ``of``.

        Args:
            number: of the record.
            of: which export.
            served: which export's SavedModel lies there by mistake.
            gone: there is no SavedModel.
        """
        folder = f"export/{number}"
        self.output.upload_tree(self._exports[of], folder)
        for info in list(self.output.list(f"{folder}/saved_model/")):
            self.output.delete(info.name)
        if not gone:
            saved = self._exports[of if served is None else served] / "saved_model"
            self.output.upload_tree(saved, f"{folder}/saved_model")
        return record(number, f"{self.output.uri}/{folder}")

    @contextmanager
    def rights(self) -> Iterator[None]:
        """Inside, this process is what a step is to the cluster."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("KUBECONFIG", str(self._kubeconfig))
            yield

    def hand_over(self, champion: ChampionRecord, config: ServingConfig = KSERVE) -> Handoff:
        with self.rights():
            return hand_over(champion, config, name=NAME, output=self.output)

    def service(self) -> dict[str, Any] | None:
        admin = ("--kubeconfig", self._admin)  # who calls may be the step
        found = self.namespace.get("inferenceservices", *admin)
        return found[0] if found else None

    def answers_as(self, *of: int) -> bool:
        """Whether each of ten users in a row is answered by one of the exports ``of``."""
        service = self.service()
        assert service is not None
        url = f"{service['status']['url']}/v1/models/{NAME}:predict"
        return all(self._answered_by(url) in of for _ in range(10))

    def _answered_by(self, url: str) -> int | None:
        """Which export answers a user; all have the same sample request."""
        request = (self._exports[0] / "sample_request.json").read_bytes()
        with urllib.request.urlopen(urllib.request.Request(url, request), timeout=30) as response:
            given = json.load(response)["predictions"]
        for number, folder in enumerate(self._exports):
            expected = SampleAnswer.from_json((folder / "sample_answer.json").read_bytes())
            if np.allclose(given, expected.predictions, atol=expected.tolerance):
                return number
        return None

    @property
    def under_way(self) -> bool:
        return any(self.output.list("serving/"))


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


STANDARD = pytest.param({}, id="standard")
KNATIVE = pytest.param({"knative": True}, id="knative")
both_modes = pytest.mark.parametrize("kserve", [STANDARD, KNATIVE], indirect=True)


@both_modes
def test_a_first_champion_is_served_once_and_answers_as_the_exported_model(
    place: Place, kserve: StandInKserve
) -> None:
    champion = place.champion(1)
    handoff = place.hand_over(champion)
    service = place.service()
    assert (handoff.state, handoff.accepted) == ("served", True), handoff.message
    assert service is not None
    assert handoff.url == service["status"]["url"]
    assert "answered 8 test examples rightly" in handoff.message
    assert place.answers_as(0)
    written = yaml.safe_load(handoff.yaml)
    service["spec"]["predictor"]["model"].pop("name")  # KServe's default
    assert service["spec"] == written["spec"]
    assert not place.under_way

    asked = len(kserve.requests)
    again = place.hand_over(champion)
    found = place.service()
    assert found is not None
    assert (again.state, len(kserve.requests)) == ("served", asked)
    assert found["metadata"]["generation"] == service["metadata"]["generation"]


@pytest.mark.parametrize("kserve", [{"ready_seconds": 2.0, "rolling_seconds": 2.0}], indirect=True)
def test_in_standard_mode_the_old_model_may_answer_until_its_pods_are_replaced(
    place: Place, kserve: StandInKserve
) -> None:
    place.hand_over(place.champion(1))
    config = KSERVE.model_copy(update={"canary_percent": 20})
    handoff = place.hand_over(place.champion(2, of=1), config)
    assert handoff.state == "served", handoff.message
    assert "without a canary" in handoff.message
    assert place.answers_as(1)


@pytest.mark.parametrize("percent", [0, 20])
@pytest.mark.parametrize("kserve", [{"knative": True, "ready_seconds": 1.0}], indirect=True)
def test_on_knative_a_new_model_is_a_canary_until_it_has_answered_rightly(
    place: Place, kserve: StandInKserve, percent: int
) -> None:
    place.hand_over(place.champion(1))
    config = KSERVE.model_copy(update={"canary_percent": percent, "canary_seconds": 3.0})
    shares: list[int] = []
    ask = changeover.ask

    def watched(*arguments: Any) -> Any:
        service = place.service()
        assert service is not None
        shares.append(service["spec"]["predictor"]["canaryTrafficPercent"])
        return ask(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changeover, "ask", watched)
        handoff = place.hand_over(place.champion(2, of=1), config)
    assert handoff.state == "served", handoff.message
    assert f"as a canary with {percent} %" in handoff.message
    assert len(shares) >= 3
    assert set(shares) == {percent}
    assert kserve.requests.count("digits-predictor-00002") == len(shares)
    service = place.service()
    assert service is not None
    assert "canaryTrafficPercent" not in service["spec"]["predictor"]
    assert place.answers_as(1)


@both_modes
@pytest.mark.parametrize("first", [True, False])
def test_a_model_that_answers_wrongly_is_undone_at_once(
    place: Place, kserve: StandInKserve, first: bool
) -> None:
    if not first:
        place.hand_over(place.champion(1))
    begun = time.monotonic()
    handoff = place.hand_over(place.champion(2, of=2, served=1))
    assert time.monotonic() - begun < KSERVE.ready_seconds / 2
    assert (handoff.state, handoff.accepted) == ("rolled-back", False)
    assert "differ from the exported model's" in handoff.message
    assert not place.under_way
    if first:
        assert place.service() is None
    else:
        _wait_for(lambda: place.answers_as(0))
    assert place.hand_over(place.champion(3, of=1)).state == "served"
    _wait_for(lambda: place.answers_as(1))


@both_modes
@pytest.mark.parametrize("first", [True, False])
def test_a_model_that_never_becomes_ready_is_undone_in_time(
    place: Place, kserve: StandInKserve, first: bool
) -> None:
    if not first:
        place.hand_over(place.champion(1))
    handoff = place.hand_over(place.champion(2, of=1, gone=True), IN_HASTE)
    assert handoff.state == "rolled-back"
    assert "not after 4 s" in handoff.message
    if first:
        assert "ModelLoadFailed" in handoff.message or "saved_model" in handoff.message
        assert place.service() is None
    else:
        assert place.answers_as(0)
    assert not place.under_way


@both_modes
def test_what_follows_an_unfinished_change_is_undone_to_what_was_before_both(
    place: Place, kserve: StandInKserve
) -> None:
    place.hand_over(place.champion(1))
    second = place.champion(2, of=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changeover.Changeover, "_checked", _killed)
        with pytest.raises(Killed):
            place.hand_over(second)
    assert place.under_way
    handoff = place.hand_over(place.champion(3, of=2, gone=True), IN_HASTE)
    assert handoff.state == "rolled-back"
    _wait_for(lambda: place.answers_as(0))


def test_without_the_right_it_is_written_with_the_command_that_applies_it(
    place: Place, kserve: StandInKserve
) -> None:
    place.namespace.kubectl("delete", "rolebinding", "kubenas-serving")
    champion = place.champion(1)
    handoff = place.hand_over(champion)
    assert (handoff.state, place.service()) == ("written", None)
    assert "may not get, create, update, delete InferenceServices" in handoff.message
    where = f"kubectl apply -n {place.namespace.name} -f -"
    assert handoff.message.endswith(f"gcloud storage cat {handoff.uri} | {where}")
    folder, _, name = handoff.uri.rpartition("/")
    text = open_storage(folder).read(name).decode()
    assert text == handoff.yaml
    run(*where.split(), stdin=text)
    _wait_for(lambda: (place.service() or {}).get("status", {}).get("url"))
    assert place.answers_as(0)


def test_without_kserve_it_is_written(place: Place) -> None:
    run("kubectl", "delete", "crd", CRD_NAME)
    try:
        handoff = place.hand_over(place.champion(1))
    finally:
        run("kubectl", "apply", "-f", str(CRD))
        run("kubectl", "wait", "--for=condition=established", f"crd/{CRD_NAME}")
    assert handoff.state == "written"
    assert "KServe is not installed" in handoff.message


def test_a_service_of_others_is_left_alone(place: Place, kserve: StandInKserve) -> None:
    champion = place.champion(1)
    place.hand_over(champion)
    other = open_storage(f"{place.output.uri}-other")
    before = place.service()
    with place.rights(), pytest.raises(UserError, match="was not made for"):
        hand_over(champion, KSERVE, name=NAME, output=other)
    assert place.service() == before


def test_the_chart_gives_the_right_to_what_a_handover_does_and_no_more(place: Place) -> None:
    (rule,) = place.namespace.get("role", "kubenas-serving")["rules"]
    granted = {
        Permission(verb, resource, group)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert granted == set(NEEDED)


class Killed(BaseException):
    """Ends a handover where a SIGKILL would."""


def _killed(*_: Any) -> None:
    raise Killed


def _wait_for(holds: Callable[[], Any], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.2)


_CHANGES = ("write", "delete", "become", "remove")


class Mortal:
    """Passes everything on, and is killed before or after its n-th change."""

    def __init__(self, behind: Any, left: list[float]) -> None:
        self._behind = behind
        self._left = left

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._behind, name)
        if name not in _CHANGES:
            return method

        def call(*arguments: Any) -> None:
            for step in (lambda: None, lambda: method(*arguments)):
                step()
                self._left[0] -= 1
                if self._left[0] == 0:
                    raise Killed

        return call


@both_modes
@pytest.mark.parametrize("right", [True, False])
def test_killed_at_any_point_one_model_is_served_and_the_same_call_goes_on(
    place: Place, kserve: StandInKserve, right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Around every write to the store and to the API server."""
    monkeypatch.setattr(changeover, "_PAUSE", 0.1)
    place.hand_over(place.champion(1))
    change, present, points = changeover.Changeover.run, 0, 0
    while True:
        points += 1
        other = 1 - present
        champion = place.champion(points + 1, of=other if right else 2, served=other)
        target = other if right else present
        left = [points]

        def mortal(self: Any, left: list[float] = left) -> changeover.Changed:
            self._service = Mortal(self._service, left)
            self._output = Mortal(self._output, left)
            return change(self)

        with monkeypatch.context() as patch:
            patch.setattr(changeover.Changeover, "run", mortal)
            try:
                place.hand_over(champion)
            except Killed:
                assert place.answers_as(present, other)
        if left[0] > 0:  # it was through before the point came
            break
        assert place.hand_over(champion).state == ("served" if right else "rolled-back")
        _wait_for(lambda target=target: place.answers_as(target))
        present = target
    assert points > 8
