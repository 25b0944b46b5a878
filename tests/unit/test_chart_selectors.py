"""The chart's policies select the pods that this package makes: the steps', as the pipeline is
compiled, and the trials'.

The chart is read as it was rendered for review; tests/cluster/chart/test_chart.py compares that
with what helm makes of it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from kubenas.config.runner import RunnerConfig
from kubenas.scheduling.kubernetes.manifest import JobTemplate, job_manifest
from kubenas.scheduling.kubernetes.names import Stage
from kubenas.trial import AttemptSpec, SpaceRef, Task

ROOT = Path(__file__).parents[2]
RENDERED = sorted((ROOT / "tests/cluster/chart").glob("*.golden"))
SELECTING = {"NetworkPolicy": "podSelector", "PodMonitor": "selector"}

Labels = Mapping[str, str]


def steps() -> dict[str, Labels]:
    """Labels of the steps' pods by the name of the step's executor."""
    pipeline, platform = yaml.safe_load_all((ROOT / "pipelines/nas.yaml").read_text("utf-8"))
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    return {
        name: executors[name]["podMetadata"]["labels"]
        for name in pipeline["deploymentSpec"]["executors"]
    }


def trials() -> dict[str, Labels]:
    """Labels of the trials' pods by what they do."""
    stage = Stage(search="digits-0123456789", output="gs://b/out", step="search")
    template = JobTemplate(RunnerConfig(kind="kubernetes"), stage, namespace="n", image="i:1")
    specs = (
        AttemptSpec(
            task=task,
            search=stage.search,
            trial=7,
            attempt=1,
            prefix="gs://b/out/trials/00007/a1",
            space=SpaceRef(name="any"),
            dataset="gs://b/out/data",
        )
        for task in Task
    )
    templates = {spec.task: job_manifest(spec, template)["spec"]["template"] for spec in specs}
    return {task.value: each["metadata"]["labels"] for task, each in templates.items()}


def selectors(rendered: Path) -> Iterator[tuple[str, Labels]]:
    for made in yaml.safe_load_all(rendered.read_text("utf-8")):
        if made["kind"] in SELECTING:
            selector = made["spec"][SELECTING[made["kind"]]]
            assert list(selector) == ["matchLabels"]
            yield f"{made['kind']} {made['metadata']['name']}", selector["matchLabels"]


def selected(labels: Labels, pods: Mapping[str, Labels]) -> set[str]:
    return {name for name, has in pods.items() if labels.items() <= has.items()}


@pytest.mark.parametrize("rendered", RENDERED, ids=lambda path: path.stem)
def test_a_policy_selects_all_steps_or_all_trials_and_nothing_else(rendered: Path) -> None:
    pods = {**steps(), **trials()}
    found = {policy: selected(labels, pods) for policy, labels in selectors(rendered)}
    expected = {
        "NetworkPolicy kubenas-trial": set(trials()),
        "NetworkPolicy kubenas-step": set(steps()),
        "PodMonitor kubenas": set(steps()),
    }
    assert found == {policy: expected[policy] for policy in found}
    assert found.keys() >= expected.keys() - {"PodMonitor kubenas"}


def test_some_rendering_has_a_pod_monitor() -> None:
    assert any(name.startswith("PodMonitor") for each in RENDERED for name, _ in selectors(each))
