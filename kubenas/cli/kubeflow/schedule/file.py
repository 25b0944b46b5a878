"""schedule.yaml: when which search runs again, and what is different then."""

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
    """A schedule.yaml. Its ``name`` is what tells one schedule from another on a server."""

    name: str = Field(
        pattern=NAME,
        description="Name of the schedule: small letters, digits and dashes, at most 40.",
    )
    search: str = Field(
        min_length=1, description="The search.yaml to run, a path relative to this file."
    )
    parameters: dict[str, Any] = Field(
        {},
        description="Values in place of the search.yaml's, named as fields of a run's form, such as"
        " max_trials, or as keys of search.yaml with underscores, such as search_warm_start.",
    )
    cron: str | None = Field(
        None,
        description="When: five fields (minute hour day month weekday) or six (second first).",
    )
    interval: int | None = Field(
        None, ge=60, description="In place of cron: seconds from one run's start to the next's."
    )
    zone: str = Field(
        "UTC",
        description="Time zone of the Kubeflow's scheduler (CRON_SCHEDULE_TIMEZONE there, UTC"
        " unless somebody has set it). Kubeflow knows no other: it changes what is shown only.",
    )
    no_catchup: bool = Field(
        True, description="Whether times that were missed, as during a pause, stay missed."
    )
    max_concurrency: int = Field(
        1,
        ge=1,
        le=10,
        description="Runs at the same time; more than one needs an output for each.",
    )
    experiment: str | None = Field(
        None, description="Experiment of the runs; empty: the name of the search."
    )
    pipeline_root: str | None = Field(
        None, description="Where Kubeflow keeps what steps hand on; empty: as the server says."
    )
    service_account: str | None = Field(
        None, description="Service account of the steps; empty: as the server says."
    )
    image: str | None = Field(
        None, description="Image of the steps; empty: that of this release in KUBENAS_REGISTRY."
    )

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, value: str | None) -> str | None:
        return None if value is None else parse_cron(value).text

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("must be a time zone such as UTC or Europe/Berlin") from error
        return value

    @model_validator(mode="after")
    def _either_cron_or_interval(self) -> Self:
        if (self.cron is None) == (self.interval is None):
            raise ValueError("give either 'cron' or 'interval'")
        return self


def load_schedule(path: Path) -> Schedule:
    """The schedule in the YAML file ``path``, with the path of its search.yaml made absolute.

    Raises:
        UserError: it cannot be read, or says something that is not allowed.
    """
    schedule = parse_as(Schedule, read_yaml(path, kind="schedule.yaml"), origin=str(path))
    search = (path.resolve().parent / Path(schedule.search).expanduser()).resolve()
    return schedule.model_copy(update={"search": str(search)})


def make_config(schedule: Schedule) -> Config:
    """What each run of ``schedule`` searches.

    Raises:
        UserError: something in the search.yaml or in the parameters is not allowed.
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
            raise UserError(f"parameters: there is no field and no key '{name}'{hint}")
    return {
        known[name].name: json.dumps(value)
        if known[name].is_json and not isinstance(value, str)
        else value
        for name, value in values.items()
    }
