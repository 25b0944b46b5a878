"""Conversion between configs and flat parameters ``section_key``, as used in schedule.yaml.

A parameter is a string, number or boolean. Optional and nested values are JSON texts, where an
empty text means that no value is set. Kubeflow has no null and converts 8 in objects to 8.0.
"""

import json
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kubenas.config.config import Config
from kubenas.config.loading import parse_config
from kubenas.errors import UserError

Scalar = str | int | float | bool

_EMPTY: tuple[Any, ...] = (None, {}, [], ())


@dataclass(frozen=True)
class Parameter:
    """A parameter. ``default`` is None if a value is required."""

    name: str
    path: tuple[str, ...]
    type: type
    is_json: bool
    default: Scalar | None
    help: str


def parameters() -> tuple[Parameter, ...]:
    """Returns all parameters, in the order of the file."""
    return tuple(_parameters_of(Config, ()))


def to_parameters(config: Config) -> dict[str, Scalar]:
    """Converts ``config`` to values for :func:`parameters`."""
    content = config.model_dump(mode="json")
    return {
        parameter.name: _encode(_lookup(content, parameter.path), parameter)
        for parameter in parameters()
    }


def from_parameters(values: Mapping[str, Any]) -> Config:
    """Converts ``values``, named as in :func:`parameters`, to a config.

    Raises:
        UserError: a value is invalid, or a JSON text cannot be parsed.
    """
    content: dict[str, Any] = {}
    for parameter in parameters():
        if parameter.name in values:
            _decode_into(content, parameter, values[parameter.name])
    return parse_config(content, origin="parameters")


def _parameters_of(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[Parameter]:
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _parameters_of(annotation, (*path, name))
        else:
            yield _parameter((*path, name), field)


def _parameter(path: tuple[str, ...], field: FieldInfo) -> Parameter:
    kind = _scalar_type(field.annotation)
    text_or_none = _scalar_type(_without_none(field.annotation)) is str
    is_json = kind is None and not text_or_none
    default: Scalar | None = None
    if not field.is_required():
        value = field.get_default(call_default_factory=True)
        default = ("" if value in _EMPTY else json.dumps(value)) if kind is None else value
    return Parameter("_".join(path), path, kind or str, is_json, default, field.description or "")


def _scalar_type(annotation: Any) -> type | None:
    if typing.get_origin(annotation) is typing.Literal:
        return str
    return annotation if annotation in (str, int, float, bool) else None


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        inner = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
        return inner[0] if len(inner) == 1 else annotation
    return annotation


def _lookup(content: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        content = content[part]
    return content


def _encode(value: Any, parameter: Parameter) -> Scalar:
    if value in _EMPTY:
        return ""
    if parameter.is_json:
        return json.dumps(value)
    scalar: Scalar = value
    return scalar


def _decode_into(content: dict[str, Any], parameter: Parameter, value: Any) -> None:
    optional = parameter.type is str and parameter.default == ""
    if optional and value == "":
        return
    if parameter.is_json:
        try:
            value = json.loads(value)
        except ValueError as error:
            raise UserError(f"parameter {parameter.name}: not JSON: {value!r}") from error
    for part in parameter.path[:-1]:
        content = content.setdefault(part, {})
    content[parameter.path[-1]] = value
