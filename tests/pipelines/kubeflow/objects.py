"""Objects of the fake Kubeflow Pipelines server: validation, storage and filters."""

import json
import uuid
from typing import Any

from flask import request

from tests.pipelines.kubeflow.request_body import check_body

Object = dict[str, Any]


class NotFound(ValueError):
    """The server has no such object."""


def checked(kind: str, *, required: tuple[str, ...]) -> Object:
    """Returns the body of the request, validated as a model of ``kind``."""
    body = request.get_json()
    check_body(body, kind)
    if missing := [name for name in required if name not in body]:
        raise ValueError(f"{missing} must be given")
    return dict(body)


def begun() -> Object:
    return {"state": "PENDING", "state_history": [{"state": "PENDING"}]}


def move(run: Object, state: str) -> None:
    """Sets the state of ``run`` and extends its history."""
    if run["state"] != state:
        run["state_history"] = [*run["state_history"], {"state": state}]
        run["state"] = state


def stored(objects: list[Object], content: Object, key: str) -> Object:
    made = {**content, key: str(uuid.uuid4())}
    objects.append(made)
    return made


def found(objects: list[Object], key: str, value: str) -> Object:
    for each in objects:
        if each[key] == value:
            return each
    raise NotFound(f"{key} {value} not found")


def matches(each: Object) -> bool:
    """Whether the object matches the request's filter, experiment and namespace."""
    content = json.loads(request.args.get("filter") or "{}")
    equal = {"EQUALS": True, "NOT_EQUALS": False}
    wanted = [
        (predicate["key"], predicate["string_value"], equal[predicate["operation"]])
        for predicate in content.get("predicates", [])
    ]
    for key in ("experiment_id", "namespace"):
        if key in request.args:
            wanted.append((key, request.args[key], True))
    return all((each.get(key) == value) == equals for key, value, equals in wanted)


def refused(status: int, code: int, message: str) -> tuple[Object, int]:
    return {"error": message, "code": code, "message": message}, status
