"""Validation of request bodies with the models of Kubeflow Pipelines."""

import re
from datetime import datetime
from typing import Any

from kfp_server_api import models


def check_body(content: Any, kind: str, where: str = "body") -> None:
    """Raises ValueError for the first value that is not of the model type ``kind``."""
    if container := re.fullmatch(r"(list|dict)[\[(](?:str, )?(.+)[\])]", kind):
        _check_container(content, container[1], container[2], where)
    elif kind in ("str", "bool", "int", "float"):
        if type(content).__name__ != kind:
            raise ValueError(f"{where}: {content!r} is no {kind}")
    elif kind == "datetime":
        datetime.fromisoformat(content)
    elif kind != "object":
        _check_model(content, getattr(models, kind), where)


def _check_container(content: Any, container: str, kind: str, where: str) -> None:
    if type(content).__name__ != container:
        raise ValueError(f"{where}: {content!r} is no {container}")
    items = content.items() if container == "dict" else enumerate(content)
    for key, value in items:
        check_body(value, kind, f"{where}.{key}")


def _check_model(content: Any, model: type, where: str) -> None:
    allowed = getattr(model, "allowable_values", None)
    if allowed is not None:
        if content not in allowed:
            raise ValueError(f"{where}: {content!r} is none of {allowed}")
        return
    if not isinstance(content, dict):
        raise ValueError(f"{where}: {content!r} is no object")  # noqa: TRY004  a mistake in a request
    kinds = {model.attribute_map[name]: kind for name, kind in model.openapi_types.items()}
    for key, value in content.items():
        if key not in kinds:
            raise ValueError(f"{where}: there is no field {key!r} in {model.__name__}")
        check_body(value, kinds[key], f"{where}.{key}")
