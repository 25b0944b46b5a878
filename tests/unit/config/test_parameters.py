"""Conversion between configs and pipeline parameters."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from kubenas.config import Config
from kubenas.config.loading import parse_config
from kubenas.config.parameters import Parameter, from_parameters, parameters, to_parameters
from kubenas.errors import UserError

FULL = {
    "name": "all",
    "output": "gs://bucket/out",
    "data": {"source": "x.npz", "image_size": [32, 48], "test_fraction": 0.2},
    "space": {"name": "layers", "options": {"max_layers": 3}},
    "search": {"oracle": "random", "direction": "min", "max_seconds": 12.5, "target_score": 0.5},
    "training": {"max_trial_seconds": 60},
    "runner": {
        "kind": "kubernetes",
        "pod": {"image": "i:1", "tolerations": [{"key": "gpu", "operator": "Exists"}]},
    },
    "retrain": {"epochs": 3},
}
MINIMAL = {"name": "least", "output": "o", "data": {"source": "digits"}}


@pytest.mark.parametrize("content", [FULL, MINIMAL])
def test_round_trip(content: dict[str, object]) -> None:
    config = parse_config(content, origin="test")
    assert from_parameters(to_parameters(config)) == config


def test_numbers_may_come_back_as_floats() -> None:
    values = to_parameters(parse_config(MINIMAL, origin="test"))
    as_floats = {k: float(v) if type(v) is int else v for k, v in values.items()}
    assert from_parameters(as_floats).search.trial_limit == 24


def leaves(model: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from leaves(field.annotation, f"{path}{name}_")
        else:
            yield f"{path}{name}"


def test_every_leaf_of_the_config_is_a_parameter() -> None:
    assert [parameter.name for parameter in parameters()] == list(leaves(Config))


@pytest.mark.parametrize("parameter", parameters(), ids=lambda parameter: parameter.name)
def test_help_texts_state_unit_and_empty_value(
    parameter: Parameter,
) -> None:
    text = parameter.help
    assert 20 <= len(text) <= 300
    assert text.endswith(".")
    if parameter.default == "":
        assert re.search(r"[Ee]mpty: .+", text), "say what the empty value means"
    if parameter.is_json and (example := container_of(parameter.path)):
        assert f" {example}" in text
    for ending, unit in UNITS.items():
        if parameter.name.endswith(ending):
            assert re.search(unit, text), f"say the unit: {unit}"


UNITS = {
    "_seconds": "[Ss]econds",
    "_hours": "-hours",
    "_per_hour": "per hour",
    "_ms": "[Mm]illiseconds",
    "_mib": "MiB",
    "_percent": "Percent",
    "_fraction": "Share",
    "_share": "Share",
    "_cpu": r"Cores .*such as \d",
    "_memory": r"\dGi",
    "_scratch": r"\dGi",
    "epochs": "Epochs",
    "_size": "pixels|Examples",
    "_flops": "operations",
}
"""Patterns that help texts must contain, by suffix of the name."""


def container_of(path: tuple[str, ...]) -> str:
    """Returns whether a nested value is a list or an object; empty for a number."""
    model: type[BaseModel] = Config
    for part in path[:-1]:
        model = model.model_fields[part].annotation
    annotation = str(model.model_fields[path[-1]].annotation)
    return "list" if "tuple[" in annotation else "object" if "dict[" in annotation else ""


def test_only_three_parameters_are_required() -> None:
    required = [parameter.name for parameter in parameters() if parameter.default is None]
    assert required == ["name", "output", "data_source"]


def test_invalid_json_names_the_parameter() -> None:
    values = to_parameters(parse_config(MINIMAL, origin="test"))
    with pytest.raises(UserError, match="space_options: not JSON"):
        from_parameters({**values, "space_options": "{max"})


def test_every_parameter_is_in_the_users_documentation() -> None:
    page = (Path(__file__).parents[3] / "docs/search-yaml.md").read_text()
    for parameter in parameters():
        assert f"| `{parameter.path[-1]}` |" in page
        assert parameter.help in page
