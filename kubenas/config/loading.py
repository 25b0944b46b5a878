"""Loading of search.yaml. Error messages name the file, field, value and allowed values."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kubenas.config.config import Config
from kubenas.config.search import LAST_SEARCH
from kubenas.errors import UserError

BUNDLED_SOURCES = ("digits",)
_MESSAGES_SHOWN = 3
_Model = TypeVar("_Model", bound=BaseModel)


def load_config(path: Path) -> Config:
    """Loads the config from the YAML file ``path``. Its relative paths are relative to its folder.

    Raises:
        UserError: the file cannot be read, is not YAML, or is invalid.
    """
    content = read_yaml(path, kind="search.yaml")
    folder = path.resolve().parent
    return resolve_paths(
        parse_config(content, origin=str(path)),
        lambda location: str((folder / Path(location).expanduser()).resolve()),
    )


def parse_config(content: Any, *, origin: str) -> Config:
    """Validates ``content`` as a Config. ``origin`` names the source in error messages.

    Raises:
        UserError: the content is invalid; the message lists the errors in one line.
    """
    return parse_as(Config, content, origin=origin)


def parse_as(model: type[_Model], content: Any, *, origin: str) -> _Model:
    """Validates ``content`` as a ``model``. ``origin`` names the source in error messages.

    Raises:
        UserError: the content is invalid; the message lists the errors in one line.
    """
    if not isinstance(content, Mapping):
        required = [
            f"'{name}'" for name, field in model.model_fields.items() if field.is_required()
        ]
        keys = " and ".join(filter(None, [", ".join(required[:-1]), *required[-1:]]))
        raise UserError(f"{origin}: expected keys such as {keys}, found {_kind(content)}")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        messages = [_explain(details, model) for details in error.errors()]
        more = len(messages) - _MESSAGES_SHOWN
        shown = "; ".join(messages[:_MESSAGES_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        raise UserError(f"{origin}: {shown}") from error


def read_yaml(path: Path, *, kind: str) -> Any:
    """Reads the YAML file ``path``; ``kind`` is the kind of file for error messages.

    Raises:
        UserError: the file cannot be read or is not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; expected the path of a {kind}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as a text file: {error}") from error
    return parse_yaml(text, origin=str(path))


def parse_yaml(text: str | bytes, *, origin: str) -> Any:
    """Parses the YAML ``text``. ``origin`` names the source in error messages.

    Raises:
        UserError: the text is not YAML.
    """
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{origin}: not valid YAML: {' '.join(str(error).split())}") from error


def _kind(content: Any) -> str:
    return "an empty file" if content is None else f"a {type(content).__name__}"


def _explain(details: ErrorDetails, model: type[BaseModel]) -> str:
    """Formats a pydantic error as ``field: message``."""
    field = ".".join(str(part) for part in details["loc"]) or "file"
    if details["type"] == "extra_forbidden":
        return f"{field}: unknown key{_suggestion(details['loc'], model)}"
    if details["type"] == "missing":
        return f"{field}: this key is required"
    message = details["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if isinstance(details["input"], Mapping | BaseModel):
        key, separator, words = message.partition(": ")
        inner = separator and key in _fields_at(details["loc"], model)
        return f"{field}.{key}: {words}" if inner else f"{field}: {message}"
    return f"{field}: {message}, got {details['input']!r}"


def _suggestion(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    allowed = sorted(_fields_at(loc[:-1], model))
    close = difflib.get_close_matches(str(loc[-1]), allowed, n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; allowed are {', '.join(allowed)}"


def _fields_at(loc: tuple[int | str, ...], model: type[BaseModel]) -> Iterator[str]:
    for part in loc:
        annotation = model.model_fields[str(part)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return
        model = annotation
    yield from model.model_fields


def resolve_paths(config: Config, absolute: Callable[[str], str]) -> Config:
    """Returns ``config`` with relative paths made ``absolute``; URIs are unchanged."""

    def resolved(location: str, *names: str) -> str:
        return location if "://" in location or location in names else absolute(location)

    source = resolved(config.data.source, *BUNDLED_SOURCES)
    data = config.data.model_copy(update={"source": source})
    space = config.space
    if space.hypermodel:
        file, _, cls = space.hypermodel.rpartition(":")
        space = space.model_copy(update={"hypermodel": f"{resolved(file)}:{cls}"})
    if space.weights:
        space = space.model_copy(update={"weights": resolved(space.weights)})
    evaluation = config.evaluation
    if evaluation.backbone:
        evaluation = evaluation.model_copy(update={"backbone": resolved(evaluation.backbone)})
    earlier = tuple(resolved(each, LAST_SEARCH) for each in config.search.warm_start)
    return config.model_copy(
        update={
            "data": data,
            "space": space,
            "evaluation": evaluation,
            "search": config.search.model_copy(update={"warm_start": earlier}),
            "output": resolved(config.output),
        }
    )
