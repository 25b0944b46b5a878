"""The compiled pipeline: what is uploaded, what runs here, and that both are the same."""

import inspect
from pathlib import Path

import pytest
import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from components.prepare.component import prepare
from kubenas.cli.package import package_text
from kubenas.images import CONTROLLER_IMAGE
from kubenas.parameters import parameters
from pipelines.nas import PACKAGE, compile_pipeline
from tests.cluster.conditions import flat_tasks


@pytest.fixture(scope="module")
def spec() -> dict:
    return yaml.safe_load(PACKAGE.read_text())


def test_the_committed_package_is_what_the_code_compiles_to(tmp_path: Path) -> None:
    compile_pipeline(tmp_path / "nas.yaml")
    assert (tmp_path / "nas.yaml").read_text() == PACKAGE.read_text(), "run 'make pipeline'"


def test_the_library_ships_this_very_package() -> None:
    assert package_text() == PACKAGE.read_text()


def test_it_is_a_valid_pipeline_spec(spec: dict) -> None:
    message = json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    assert set(message.root.dag.tasks) == {
        "prepare", "search", "retrain", "export", "evaluate", "report", "condition-1",
    }  # fmt: skip


def test_the_model_is_promoted_if_that_was_decided_and_reported(spec: dict) -> None:
    tasks = flat_tasks(spec)
    assert [name for name, task in tasks.items() if task.condition] == ["promote"]
    condition, promote = tasks["promote"].condition, tasks["promote"].content
    assert condition is not None
    assert condition.value == "promote"
    assert condition.given["taskOutputParameter"]["producerTask"] == "evaluate"
    assert "report" in promote["dependentTasks"]
    model = promote["inputs"]["artifacts"]["saved_model"]["taskOutputArtifact"]
    assert model["producerTask"] == "export"


def test_every_parameter_has_a_help_text_and_the_configs_default(spec: dict) -> None:
    shown = spec["root"]["inputDefinitions"]["parameters"]
    assert set(shown) == {parameter.name for parameter in parameters()}
    for parameter in parameters():
        assert shown[parameter.name]["description"] == parameter.help
        assert shown[parameter.name].get("defaultValue") == parameter.default


def test_the_first_step_takes_the_configs_parameters_with_its_defaults() -> None:
    signature = inspect.signature(prepare).parameters
    for parameter in parameters():
        taken = signature[parameter.name]
        assert taken.annotation is parameter.type
        assert taken.default == (
            inspect.Parameter.empty if parameter.default is None else parameter.default
        )


def test_no_step_installs_packages_or_uses_a_cache(spec: dict) -> None:
    for executor in spec["deploymentSpec"]["executors"].values():
        assert "pip install" not in " ".join(executor["container"]["command"])
        assert executor["container"]["image"] == CONTROLLER_IMAGE
    for task in flat_tasks(spec).values():
        assert not task.content["cachingOptions"].get("enableCache")


def test_another_image_is_the_only_change() -> None:
    other = package_text("registry.example/team/nas:7")
    assert other.replace("registry.example/team/nas:7", CONTROLLER_IMAGE) == package_text()
    assert other.count("registry.example/team/nas:7") == 7
