"""The compiled pipeline, identical for uploads and local runs."""

import inspect
from pathlib import Path

import pytest
import yaml
from google.protobuf import json_format
from kfp.kubernetes import kubernetes_executor_config_pb2
from kfp.pipeline_spec import pipeline_spec_pb2

from components.prepare.component import prepare
from kubenas.cli.package import package_text
from kubenas.config.form import fields
from kubenas.images import CONTROLLER_IMAGE
from kubenas.scheduling.store_credentials import CONFIG_MAP, SECRET
from pipelines.nas import PACKAGE, compile_pipeline
from tests.cluster.pipeline_tasks import flat_tasks


@pytest.fixture(scope="module")
def documents() -> list[dict]:
    return list(yaml.safe_load_all(PACKAGE.read_text()))


@pytest.fixture(scope="module")
def spec(documents: list[dict]) -> dict:
    return documents[0]


def test_the_committed_package_is_what_the_code_compiles_to(tmp_path: Path) -> None:
    compile_pipeline(tmp_path / "nas.yaml")
    assert (tmp_path / "nas.yaml").read_text() == PACKAGE.read_text(), "run 'make pipeline'"


def test_the_library_ships_this_very_package() -> None:
    assert package_text() == PACKAGE.read_text()


def test_it_is_a_valid_pipeline_spec(spec: dict) -> None:
    message = json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    assert set(message.root.dag.tasks) == {"prepare", "search", "train", "condition-1"}


def test_every_step_takes_the_stores_keys_from_one_optional_secret(documents: list[dict]) -> None:
    executors = documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert set(executors) == set(documents[0]["deploymentSpec"]["executors"])
    for executor in executors.values():
        json_format.ParseDict(executor, kubernetes_executor_config_pb2.KubernetesExecutorConfig())
        (secret,), (config_map,) = executor["secretAsEnv"], executor["configMapAsEnv"]
        assert (secret["secretName"], secret["optional"]) == (SECRET, True)
        assert (config_map["configMapName"], config_map["optional"]) == (CONFIG_MAP, True)
        for each in (*secret["keyToEnv"], *config_map["keyToEnv"]):
            assert each["envVar"] in each.values()


def test_the_model_is_promoted_if_that_was_decided(spec: dict) -> None:
    tasks = flat_tasks(spec)
    assert [name for name, task in tasks.items() if task.condition] == ["promote"]
    condition, promote = tasks["promote"].condition, tasks["promote"].content
    assert condition is not None
    assert condition.value == "promote"
    assert condition.given["taskOutputParameter"]["producerTask"] == "train"
    model = promote["inputs"]["artifacts"]["saved_model"]["taskOutputArtifact"]
    assert model["producerTask"] == "train"


def test_the_form_has_few_fields_with_help_default_and_choices(spec: dict) -> None:
    shown = spec["root"]["inputDefinitions"]["parameters"]
    assert set(shown) == {field.name for field in fields()}
    assert len(shown) <= 16
    for field in fields():
        assert shown[field.name]["description"] == field.help
        assert shown[field.name].get("defaultValue") == field.default
        assert tuple(shown[field.name].get("literals", ())) == field.choices


def test_the_first_step_takes_the_forms_fields_with_their_defaults() -> None:
    signature = inspect.signature(prepare).parameters
    for field in fields():
        taken = signature[field.name]
        assert taken.annotation is field.type
        assert taken.default == (
            inspect.Parameter.empty if field.default is None else field.default
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
    assert other.count("registry.example/team/nas:7") == 4
