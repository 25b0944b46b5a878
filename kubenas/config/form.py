"""The form of a run in the Kubeflow UI: its fields, and search.yaml's other keys in one of them.

The UI shows names alone, sorted and without help, so a name says what the field is for. A field at
its default leaves the matter to ``settings``; else the field comes first.
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
"""The field that holds what no other field is for."""

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
"""Fields by name, and the keys of search.yaml that they set, with underscores for dots."""

_SETTINGS_HELP = (
    "All other keys of a search.yaml as YAML on one line, such as {training: {batch_size: 32}}, or"
    " the URI of a search.yaml; what another field sets comes first. Empty: none."
)


@dataclass(frozen=True)
class Field:
    """One field of the form."""

    name: str
    type: type
    """Of its values: str or int."""
    choices: tuple[str, ...]
    """The values there are, which the UI shows as a list; none: any."""
    default: Scalar | None
    """None: a value must be given."""
    help: str
    parameter: Parameter | None
    """The key of search.yaml that it sets; None: those in ``settings``."""


def fields() -> tuple[Field, ...]:
    """All fields."""
    chosen = [_field(name, parameter) for name, parameter in _set().items()]
    return (*chosen, Field(SETTINGS, str, (), "", _SETTINGS_HELP, None))


def to_form(config: Config) -> dict[str, Scalar]:
    """``config`` as values of the fields."""
    flat = to_parameters(config)
    others = config.model_dump(mode="json", exclude_defaults=True)
    chosen = _set()
    for parameter in chosen.values():
        _remove(others, parameter.path)
    values = {name: flat[parameter.name] for name, parameter in chosen.items()}
    return {**values, SETTINGS: _one_line(others) if others else ""}


def from_form(values: Mapping[str, Any], settings: Any) -> Config:
    """The config that a filled-in form stands for.

    Args:
        values: of the fields by name; ``settings`` is not looked at.
        settings: what that field stands for: keys of a search.yaml; None: none.

    Raises:
        UserError: with one line that lists what is wrong.
    """
    if settings is None:
        settings = {}
    if not isinstance(settings, Mapping):
        raise UserError(
            f"settings: expected keys of a search.yaml such as {{training: {{batch_size: 32}}}}, or"
            f" the URI of a search.yaml, found {settings!r}"
        )
    content = copy.deepcopy(dict(settings))
    for name, parameter in _set().items():
        value = values.get(name, parameter.default)
        if value != parameter.default:
            _put(content, parameter.path, value)
    return parse_config(content, origin="the run's parameters")


def docstring(summary: str, others: Mapping[str, str] | None = None) -> str:
    """A docstring whose Args are all fields, from which kfp takes the help texts.

    Args:
        summary: its first line.
        others: further arguments and their help.
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


def _set() -> dict[str, Parameter]:
    """The keys of search.yaml that fields set, by field."""
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
            return  # what is wrong with it is said when all of it is checked
        content = inner
    content[path[-1]] = value


def _remove(content: dict[str, Any], path: tuple[str, ...]) -> None:
    """Removes a key, and sections that are empty without it."""
    head, *rest = path
    if rest and head in content:
        _remove(content[head], tuple(rest))
    if not rest or content.get(head) == {}:
        content.pop(head, None)


def _one_line(content: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(content, default_flow_style=True, sort_keys=False, width=10**9)
    return text.strip()
