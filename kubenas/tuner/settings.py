"""Conversion of the arguments of kubenas.Tuner to the config of a search."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubenas.config import Config, parse_config
from kubenas.errors import UserError
from kubenas.storage import join

_LONGEST_NAME = 40
_ORIGIN = "kubenas.Tuner"


@dataclass(frozen=True)
class Settings:
    """The arguments of kubenas.Tuner that set the output, runner and limits of a search."""

    output: str
    oracle: str
    runner: str | Mapping[str, Any]
    max_trials: int
    seed: int | None
    max_seconds: float | None = None
    max_trial_seconds: float | None = None
    max_gpu_hours: float | None = None
    max_cost: float | None = None


def search_config(settings: Settings, objective: Any, *, epochs: int) -> Config:
    """Returns the config of a search.

    Args:
        settings: the settings of the tuner.
        objective: the keras_tuner.Objective.
        epochs: the number of epochs per trial, in all executions.

    Raises:
        UserError: a value is not allowed or conflicts with another value.
    """
    if settings.max_trials < 1:
        raise UserError(f"max_trials: must be at least 1, got {settings.max_trials}")
    config = parse_config(_config_content(settings, objective, epochs), origin=_ORIGIN)
    _check(config)
    return config


def data_source(output: str) -> str:
    """Returns the ``data.source`` of the config of a tuner's search."""
    return join(output, "programs", "data")


def _config_content(settings: Settings, objective: Any, epochs: int) -> dict[str, Any]:
    runner = settings.runner
    return {
        "name": _name(settings.output),
        "output": settings.output,
        "data": {"source": data_source(settings.output)},
        "search": {
            "oracle": settings.oracle,
            "objective": objective.name,
            "direction": objective.direction,
            "max_trials": settings.max_trials,
            "max_seconds": settings.max_seconds,
            "max_gpu_hours": settings.max_gpu_hours,
            "max_cost": settings.max_cost,
            "seed": 1 if settings.seed is None else settings.seed,
        },
        "training": {
            "epochs": epochs,
            "patience": 0,
            "max_trial_seconds": settings.max_trial_seconds,
        },
        "runner": {"kind": runner} if isinstance(runner, str) else {"kind": "local", **runner},
    }


def _name(output: str) -> str:
    """Derives the name of the search from the folder name of its output."""
    folder = output.rstrip("/").rpartition("/")[2].lower()
    return re.sub(r"[^a-z0-9]+", "-", folder)[:_LONGEST_NAME].strip("-") or "tuner"


def _check(config: Config) -> None:
    in_cluster = config.runner.kind == "kubernetes"
    if in_cluster and "://" not in config.output and not config.runner.pod.mounts:
        raise UserError(
            f"output: {config.output}: pods in a cluster cannot write to local folders; use gs://,"
            " s3:// or minio:// with a bucket and a folder"
        )
