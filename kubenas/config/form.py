"""The run form in the Kubeflow UI: fields for common keys of search.yaml, and ``settings``.

The UI shows only the names of fields, in alphabetical order, so the names are descriptive. A field
overrides ``settings`` unless it has its default value.
"""

import copy
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel

from kubenas.config.config import Config
from kubenas.config.loading import parse_config
from kubenas.config.parameters import Parameter, Scalar, parameters, to_parameters
from kubenas.errors import UserError

SETTINGS = "settings"
"""The field for keys of search.yaml without a field of their own."""

_FIELDS = {
    "search_name": "name",
    "output_uri": "output",
    "data_source": "data_source",
    "network_space": "space_name",
    "own_hypermodel": "space_hypermodel",
    "search_algorithm": "search_oracle",
    "score_metric": "search_objective",
    "max_trials": "search_max_trials",
    "max_search_seconds": "search_max_seconds",
    "max_gpu_hours": "search_max_gpu_hours",
    "trials_at_once": "runner_workers",
    "gpu_resource_per_trial": "runner_pod_accelerator",
    "epochs_per_trial": "training_epochs",
    "promote_model": "promotion_mode",
    "serve_model_with": "serving_kind",
}
"""Keys of search.yaml by field, with underscores instead of dots."""

_SETTINGS_HELP = (
    "Other keys of a search.yaml as YAML on one line, such as {training: {batch_size: 32}}, or the"
    " URI of a search.yaml. Other fields take precedence. Empty: none."
)


@dataclass(frozen=True)
class Field:
    """One field of the form."""

    name: str
    type: type
    """Type of the values: str or int."""
    choices: tuple[str, ...]
    """Allowed values, shown as a list in the UI; empty if any value is allowed."""
    default: Scalar | None
    """Default value; None if a value is required."""
    help: str
    parameter: Parameter | None
    """Key of search.yaml that the field sets; None for ``settings``."""


def fields() -> tuple[Field, ...]:
    """Returns all fields."""
    chosen = [_field(name, parameter) for name, parameter in _parameters_by_field().items()]
    return (*chosen, Field(SETTINGS, str, (), "", _SETTINGS_HELP, None))


def to_form(config: Config) -> dict[str, Scalar]:
    """Converts ``config`` to values of the fields."""
    flat = to_parameters(config)
    others = config.model_dump(mode="json", exclude_defaults=True)
    chosen = _parameters_by_field()
    for parameter in chosen.values():
        _remove(others, parameter.path)
    values = {name: flat[parameter.name] for name, parameter in chosen.items()}
    return {**values, SETTINGS: _one_line(others) if others else ""}


def from_form(values: Mapping[str, Any], settings: Any) -> Config:
    """Converts values of the form to a config.

    Args:
        values: values of the fields by name; ``settings`` is ignored.
        settings: parsed content of the field ``settings``; None if empty.

    Raises:
        UserError: a value is invalid; the message lists all errors in one line.
    """
    if settings is None:
        settings = {}
    if not isinstance(settings, Mapping):
        raise UserError(
            f"settings: expected keys of a search.yaml such as {{training: {{batch_size: 32}}}}, or"
            f" the URI of a search.yaml, found {settings!r}"
        )
    content = copy.deepcopy(dict(settings))
    for name, parameter in _parameters_by_field().items():
        value = values.get(name, parameter.default)
        if value != parameter.default:
            _put(content, parameter.path, value)
    return parse_config(content, origin="the run's parameters")


def docstring(summary: str, others: Mapping[str, str] | None = None) -> str:
    """Builds a docstring with all fields as Args, which kfp uses as help texts.

    Args:
        summary: first line of the docstring.
        others: further arguments with their help texts.
    """
    helps = {field.name: field.help for field in fields()} | dict(others or {})
    return "\n".join(
        [summary, "", "Args:", *(f"    {name}: {text}" for name, text in helps.items())]
    )


def _field(name: str, parameter: Parameter) -> Field:
    annotation = _annotation(Config, parameter.path)
    listed = typing.get_origin(annotation) is typing.Literal
    choices = typing.get_args(annotation) if listed else ()
    return Field(name, parameter.type, choices, parameter.default, parameter.help, parameter)


def _parameters_by_field() -> dict[str, Parameter]:
    """Returns the parameters of search.yaml by field."""
    known = {parameter.name: parameter for parameter in parameters()}
    return {name: known[flat] for name, flat in _FIELDS.items()}


def _annotation(model: type[BaseModel], path: tuple[str, ...]) -> Any:
    annotation: Any = model
    for part in path:
        annotation = annotation.model_fields[part].annotation
    return annotation


def _put(content: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for part in path[:-1]:
        inner = content.setdefault(part, {})
        if not isinstance(inner, dict):
            return  # reported by the validation of the whole config
        content = inner
    content[path[-1]] = value


def _remove(content: dict[str, Any], path: tuple[str, ...]) -> None:
    """Removes a key, and sections that become empty."""
    head, *rest = path
    if rest and head in content:
        _remove(content[head], tuple(rest))
    if not rest or content.get(head) == {}:
        content.pop(head, None)


def _one_line(content: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(content, default_flow_style=True, sort_keys=False, width=10**9)
    return text.strip()
