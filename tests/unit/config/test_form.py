"""Conversion between the run form of Kubeflow and search.yaml."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kubenas.config import Config
from kubenas.config.form import SETTINGS, Field, fields, from_form, to_form
from kubenas.config.loading import parse_config
from kubenas.errors import UserError
from kubenas.steps.setup.form_config import config_from_form

MINIMAL: dict[str, Any] = {"name": "least", "output": "gs://b/o", "data": {"source": "digits"}}
FULL: dict[str, Any] = {
    "name": "all",
    "output": "gs://bucket/out",
    "data": {"source": "x.npz", "image_size": [32, 48], "test_fraction": 0.2},
    "space": {"name": "layers", "options": {"max_layers": 3, "rate": 1e-05}},
    "search": {"oracle": "random", "direction": "min", "max_seconds": 12.5, "max_gpu_hours": 3},
    "training": {"epochs": 9, "max_trial_seconds": 60},
    "runner": {
        "kind": "kubernetes",
        "pod": {"image": "i:1", "tolerations": [{"key": "gpu", "operator": "Exists"}]},
    },
    "retrain": {"epochs": 3},
    "serving": {"kind": "kserve", "memory": "4Gi"},
}
REQUIRED = {"search_name": "n", "output_uri": "gs://b/o", "data_source": "digits"}


def config_of(content: dict[str, Any]) -> Config:
    return parse_config(content, origin="test")


@pytest.mark.parametrize("content", [MINIMAL, FULL])
def test_round_trip(content: dict[str, Any]) -> None:
    values = to_form(config_of(content))
    assert config_from_form(values) == config_of(content)
    as_floats = {key: float(v) if type(v) is int else v for key, v in values.items()}
    assert config_from_form(as_floats) == config_of(content)


def test_settings_hold_other_keys_on_one_line() -> None:
    assert to_form(config_of(MINIMAL))[SETTINGS] == ""
    text = str(to_form(config_of(FULL))[SETTINGS])
    assert "\n" not in text
    settings = yaml.safe_load(text)
    assert settings["runner"] == FULL["runner"]
    assert "epochs" not in settings["training"]
    assert settings["serving"] == {"memory": "4Gi"}


def test_three_fields_are_required() -> None:
    assert [field.name for field in fields() if field.default is None] == list(REQUIRED)
    assert len(fields()) <= 16


def test_fields_override_settings_unless_default() -> None:
    settings = {"search": {"max_trials": 50, "seed": 3}, "training": {"epochs": 30}}
    config = from_form({**REQUIRED, "max_trials": 7, "epochs_per_trial": 0}, settings)
    assert (config.search.max_trials, config.search.seed, config.training.epochs) == (7, 3, 30)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"settings": "{training: {epoch: 3}}"}, "training.epoch: unknown key.*'epochs'"),
        ({"settings": "{training"}, "settings: not valid YAML"),
        ({"settings": "fast please"}, "settings: expected keys of a search.yaml"),
        ({"settings": "{search: 3}", "max_trials": 4}, "search: input should be"),
        ({"max_gpu_hours": "two"}, "search.max_gpu_hours: input should be a valid number"),
        ({"max_trials": -1}, "search.max_trials: .*got -1"),
        ({"search_name": "No Name"}, "name: string should match"),
    ],
)
def test_errors_are_one_line(values: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as raised:
        config_from_form({**REQUIRED, **values})
    assert "\n" not in str(raised.value)


def test_settings_may_be_the_uri_of_a_search_yaml(tmp_path: Path) -> None:
    file = tmp_path / "search.yaml"
    file.write_text(
        yaml.safe_dump({**MINIMAL, "space": {"hypermodel": "mine.py:Mine"}, "search": {"seed": 5}})
    )
    config = config_from_form({**REQUIRED, "settings": f"file://{file}"})
    assert (config.name, config.search.seed) == ("n", 5)
    assert config.space.hypermodel == f"file://{tmp_path}/mine.py:Mine"
    with pytest.raises(UserError, match=r"other.yaml: object not found"):
        config_from_form({**REQUIRED, "settings": f"file://{tmp_path}/other.yaml"})


@pytest.mark.parametrize("field", fields(), ids=lambda field: field.name)
def test_every_field_is_in_the_users_documentation(field: Field) -> None:
    page = (Path(__file__).parents[3] / "docs/kubeflow.md").read_text()
    assert f"| `{field.name}` |" in page
    assert field.help in page
