"""The trials' image is where the steps' image is."""

import pytest

from kubenas.images import CONTROLLER_IMAGE, TRAINER_IMAGE, in_registry, trainer_beside
from kubenas.scheduling.kubernetes.environment import trainer_image


@pytest.mark.parametrize("registry", ["", "localhost:5000", "registry.example/team/"])
def test_the_trainer_is_in_the_controllers_registry(registry: str) -> None:
    controller = in_registry(CONTROLLER_IMAGE, registry)
    assert trainer_beside(controller) == in_registry(TRAINER_IMAGE, registry)
    repository = controller.rpartition(":")[0]
    assert trainer_beside(f"{repository}@sha256:{'0' * 64}") == in_registry(TRAINER_IMAGE, registry)


@pytest.mark.parametrize("other", ["python:3.11", "registry.example:5000/nas", "mykubenas/tool:1"])
def test_of_an_image_of_ones_own_nothing_is_derived(other: str) -> None:
    assert trainer_beside(other) == TRAINER_IMAGE


def test_a_step_is_the_main_container_of_its_pod() -> None:
    containers = [
        {"name": "wait", "image": "argoexec:1"},
        {"name": "main", "image": in_registry(CONTROLLER_IMAGE, "localhost:5000")},
    ]
    pod = {"spec": {"containers": containers}}
    assert trainer_image(pod) == in_registry(TRAINER_IMAGE, "localhost:5000")
    assert trainer_image(None) == TRAINER_IMAGE
