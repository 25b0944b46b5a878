"""A namespace that champions are served in, with the rights of the step that hands them over."""

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

from kubenas.config.serving import ServingConfig
from kubenas.serving.champion import ChampionRecord
from kubenas.serving.handoff import hand_over
from kubenas.serving.handoff_result import Handoff
from kubenas.storage import open_storage
from kubenas.training.sample_request import SampleAnswer
from tests.cluster.images import run
from tests.cluster.namespace import CONTROLLER, Namespace
from tests.unit.serving.champions import record

CRD_NAME = "inferenceservices.serving.kserve.io"
NAME = "digits"
KSERVE = ServingConfig(kind="kserve", ready_seconds=180)
_CRD = Path(__file__).with_name("inference_services_crd.yaml")


def install_crd() -> None:
    """The cluster knows InferenceServices from now on."""
    run("kubectl", "apply", "-f", str(_CRD))
    wait_for(_is_established)


def _is_established() -> bool:
    """``kubectl wait`` fails where there is no condition yet."""
    crd = json.loads(run("kubectl", "get", "crd", CRD_NAME, "--output=json"))
    conditions = crd.get("status", {}).get("conditions") or ()
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


def wait_for(holds: Callable[[], Any], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.2)


class Killed(BaseException):
    """Ends a handover where a SIGKILL would."""


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


STANDARD = pytest.param({}, id="standard")
KNATIVE = pytest.param({"knative": True}, id="knative")
both_modes = pytest.mark.parametrize("kserve", [STANDARD, KNATIVE], indirect=True)
