"""schedule.yaml: the search, the times and the settings of recurring runs."""

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from kubenas.cli.kubeflow.schedule.cron import parse_cron
from kubenas.config import NAME, Config, load_config, parse_as, read_yaml
from kubenas.config.form import fields
from kubenas.config.parameters import from_parameters, parameters, to_parameters
from kubenas.errors import UserError
from kubenas.trial import Value


class Schedule(Value):
    """A schedule.yaml. The ``name`` identifies the schedule on a server."""

    name: str = Field(
        pattern=NAME,
        description="Name of the schedule: lower-case letters, digits and dashes, at most 40.",
    )
    search: str = Field(min_length=1, description="Path of the search.yaml, relative to this file.")
    parameters: dict[str, Any] = Field(
        {},
        description="Overrides of the search.yaml. Names are fields of the run form, such as"
        " max_trials, or keys of search.yaml with underscores, such as search_warm_start.",
    )
    cron: str | None = Field(
        None,
        description="Cron expression: five fields (minute hour day month weekday), or six with"
        " seconds first.",
    )
    interval: int | None = Field(
        None, ge=60, description="Alternative to cron: seconds between the starts of runs."
    )
    zone: str = Field(
        "UTC",
        description="Time zone of the Kubeflow scheduler, set by its CRON_SCHEDULE_TIMEZONE"
        " (default UTC). Affects only the displayed times.",
    )
    no_catchup: bool = Field(
        True, description="Whether missed start times, for example during a pause, are skipped."
    )
    max_concurrency: int = Field(
        1,
        ge=1,
        le=10,
        description="Maximum number of concurrent runs; more than one needs separate outputs.",
    )
    experiment: str | None = Field(
        None, description="Experiment of the runs; empty: the name of the search."
    )
    pipeline_root: str | None = Field(
        None, description="Pipeline root for the artifacts of steps; empty: default of the server."
    )
    service_account: str | None = Field(
        None, description="Service account of the steps; empty: default of the server."
    )
    image: str | None = Field(
        None, description="Image of the steps; empty: image of this release in KUBENAS_REGISTRY."
    )

    @field_validator("cron")
    @classmethod
    def _check_cron(cls, value: str | None) -> str | None:
        return None if value is None else parse_cron(value).text

    @field_validator("zone")
    @classmethod
    def _check_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("must be a time zone such as UTC or Europe/Berlin") from error
        return value

    @model_validator(mode="after")
    def _check_trigger(self) -> Self:
        if (self.cron is None) == (self.interval is None):
            raise ValueError("set either 'cron' or 'interval'")
        return self


def load_schedule(path: Path) -> Schedule:
    """Loads the schedule in the YAML file ``path``; its search path is made absolute.

    Raises:
        UserError: the file cannot be read or is invalid.
    """
    schedule = parse_as(Schedule, read_yaml(path, kind="schedule.yaml"), origin=str(path))
    search = (path.resolve().parent / Path(schedule.search).expanduser()).resolve()
    return schedule.model_copy(update={"search": str(search)})


def make_config(schedule: Schedule) -> Config:
    """Returns the config of the runs of ``schedule``.

    Raises:
        UserError: the search.yaml or the parameters are invalid.
    """
    config = load_config(Path(schedule.search))
    return from_parameters({**to_parameters(config), **_as_parameters(schedule.parameters)})


def _as_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    known = {parameter.name: parameter for parameter in parameters()}
    known |= {field.name: field.parameter for field in fields() if field.parameter}
    for name in values:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise UserError(f"parameters: unknown field or key '{name}'{hint}")
    return {
        known[name].name: json.dumps(value)
        if known[name].is_json and not isinstance(value, str)
        else value
        for name, value in values.items()
    }
