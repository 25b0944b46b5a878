"""Settings of recurring runs, from files and servers, and their differences."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import kfp_server_api as api

from kubenas.cli.kubeflow.schedule.file import Schedule
from kubenas.cli.kubeflow.schedule.plan import Action
from kubenas.config.parameters import Scalar


@dataclass(frozen=True)
class Settings:
    """All settings of the runs of a schedule."""

    cron: str | None
    interval: int | None
    no_catchup: bool
    max_concurrency: int
    experiment: str
    version: str
    """Name of the pipeline version."""
    pipeline_root: str | None
    service_account: str | None
    parameters: Mapping[str, Scalar]

    @property
    def digest(self) -> str:
        """Digest of the settings."""
        content = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    def words(self) -> dict[str, str]:
        """Returns the settings as texts by name."""
        content = {**asdict(self), **self.parameters}
        del content["parameters"]
        return {name: _word(value) for name, value in content.items()}


def make_settings(
    schedule: Schedule, *, experiment: str, version: str, parameters: Mapping[str, Scalar]
) -> Settings:
    """Returns the settings of ``schedule``."""
    return Settings(
        cron=schedule.cron,
        interval=schedule.interval,
        no_catchup=schedule.no_catchup,
        max_concurrency=schedule.max_concurrency,
        experiment=experiment,
        version=version,
        pipeline_root=schedule.pipeline_root,
        service_account=schedule.service_account,
        parameters=parameters,
    )


def make_body(
    settings: Settings,
    *,
    name: str,
    action: Action,
    experiment: str,
    version: api.V2beta1PipelineVersionReference,
) -> api.V2beta1RecurringRun:
    """Builds the request for a recurring run."""
    cron, interval = settings.cron, settings.interval
    return api.V2beta1RecurringRun(
        display_name=name,
        description=str(action.mark),
        experiment_id=experiment,
        pipeline_version_reference=version,
        runtime_config=api.V2beta1RuntimeConfig(
            parameters=dict(settings.parameters), pipeline_root=settings.pipeline_root
        ),
        service_account=settings.service_account,
        max_concurrency=str(settings.max_concurrency),
        no_catchup=settings.no_catchup,
        mode=api.RecurringRunMode.ENABLE if action.on else api.RecurringRunMode.DISABLE,
        trigger=api.V2beta1Trigger(
            cron_schedule=cron and api.V2beta1CronSchedule(cron=cron),
            periodic_schedule=interval
            and api.V2beta1PeriodicSchedule(interval_second=str(interval)),
        ),
    )


def describe(recurring_run: Mapping[str, Any], *, experiment: str, version: str) -> dict[str, str]:
    """Returns the settings of a recurring run on the server, as :meth:`Settings.words`."""
    trigger = recurring_run.get("trigger") or {}
    runtime = recurring_run.get("runtime_config") or {}
    content = {
        "cron": (trigger.get("cron_schedule") or {}).get("cron"),
        "interval": (trigger.get("periodic_schedule") or {}).get("interval_second"),
        "no_catchup": bool(recurring_run.get("no_catchup")),
        "max_concurrency": recurring_run.get("max_concurrency"),
        "experiment": experiment,
        "version": version,
        "pipeline_root": runtime.get("pipeline_root"),
        "service_account": recurring_run.get("service_account"),
        **(runtime.get("parameters") or {}),
    }
    return {name: _word(value) for name, value in content.items()}


def difference(before: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[str]:
    """Yields a line for each different setting. Defaults filled in by the server are ignored."""
    for name, value in wanted.items():
        had = before.get(name, "")
        if had != value and not (name in ("pipeline_root", "service_account") and not value):
            yield f"{name}: {had or '(empty)'} -> {value or '(empty)'}"
    for name in before.keys() - wanted.keys():
        yield f"{name}: {before[name] or '(empty)'} -> (removed)"


def _word(value: Any) -> str:
    """Formats a value. The server returns 8 as 8.0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
