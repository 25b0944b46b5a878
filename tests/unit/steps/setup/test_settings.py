"""Resolution of the runner settings from config, task and namespace."""

from dataclasses import dataclass
from typing import Any

import pytest

from kubenas.config import Config
from kubenas.errors import UserError
from kubenas.scheduling.kubernetes import environment as kubernetes_environment
from kubenas.scheduling.kubernetes.environment import NamespaceSettings
from kubenas.scheduling.policy import Policy
from kubenas.steps.setup.context import RunContext
from kubenas.steps.setup.settings import resolve_context
from kubenas.trial import SpaceRef

LAYERS = SpaceRef(name="layers")
MINE = SpaceRef(hypermodel="gs://b/code/mine.py:Mine")


@dataclass(frozen=True)
class Namespace:
    """A namespace with these settings of the chart."""

    said: NamespaceSettings

    def settings(self) -> NamespaceSettings:
        return self.said


def context(space: SpaceRef = LAYERS, *, serving: Any = (), **runner: Any) -> RunContext:
    content = {"name": "n", "output": "gs://b/o", "data": {"source": "digits"}, "runner": runner}
    content |= {"serving": dict(serving)}
    config = Config.model_validate(content)
    return RunContext(config=config, dataset="gs://b/d", dataset_digest="0" * 12, space=space)


@pytest.fixture
def in_kubeflow(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Simulates a step's pod in a namespace with the given settings of the chart."""
    monkeypatch.setenv("KFP_POD_NAME", "run-1-search")

    def install(*, governed: bool = True, **chart: Any) -> None:
        here = Namespace(NamespaceSettings(chart.pop("runner", {}), Policy(**chart), governed))
        monkeypatch.setattr(kubernetes_environment, "detect_environment", lambda: here)

    install()
    return install


def kind(given: RunContext) -> str:
    return resolve_context(given).config.runner.kind


def test_default_runner_on_this_machine_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KFP_POD_NAME", raising=False)
    assert kind(context()) == "local"
    assert kind(context(MINE)) == "local"


def test_default_runner_on_kubeflow_is_kubernetes(in_kubeflow: Any) -> None:
    assert kind(context()) == "kubernetes"
    assert kind(context(kind="local")) == "local"
    in_kubeflow(runner={"kind": "local"})
    assert kind(context()) == "local"
    assert kind(context(kind="kubernetes")) == "kubernetes"


def test_user_code_needs_permission_to_run_in_the_step_pod(
    in_kubeflow: Any,
) -> None:
    assert kind(context(MINE)) == "kubernetes"
    for chart, runner in (({}, {"kind": "local"}), ({"runner": {"kind": "local"}}, {})):
        in_kubeflow(**chart)
        with pytest.raises(UserError, match="inside the step's pod"):
            resolve_context(context(MINE, **runner))
    in_kubeflow(local_user_code=True)
    assert kind(context(MINE, kind="local")) == "local"


def test_locked_settings_come_from_the_chart_only(in_kubeflow: Any) -> None:
    in_kubeflow(runner={"pod": {"image": "team/trainer:1"}}, locked=["pod.image", "pod.env"])
    assert resolve_context(context()).config.runner.pod.image == "team/trainer:1"
    with pytest.raises(UserError, match=r"runner\.pod\.image: 'mine:1' is not allowed"):
        resolve_context(context(pod={"image": "mine:1"}))
    task = {"env": [{"name": "LD_PRELOAD", "value": "x"}]}
    with pytest.raises(UserError, match=r"runner\.pod\.env"):
        resolve_context(context().model_copy(update={"task_config": task}))


def test_forbidden_settings_are_refused_from_every_source(in_kubeflow: Any) -> None:
    host = [{"name": "v", "hostPath": {"path": "/"}}]
    refusal = r"runner\.pod\.volumes: hostPath is not allowed"
    with pytest.raises(UserError, match=refusal):
        resolve_context(context(pod={"volumes": host}))
    with pytest.raises(UserError, match=refusal):
        resolve_context(context().model_copy(update={"task_config": {"volumes": host}}))
    in_kubeflow(runner={"pod": {"volumes": host}})
    with pytest.raises(UserError, match=refusal):
        resolve_context(context())


def test_service_accounts_of_trials_must_be_allowed_by_the_chart(in_kubeflow: Any) -> None:
    in_kubeflow(runner={"pod": {"service_account": "trial"}}, service_accounts=["reader"])
    for account in ("trial", "reader"):
        assert resolve_context(context(pod={"service_account": account}))
    with pytest.raises(UserError, match=r"'kubenas-controller' is not allowed.*reader, trial;"):
        resolve_context(context(pod={"service_account": "kubenas-controller"}))


def test_without_a_chart_there_is_no_policy(
    in_kubeflow: Any,
) -> None:
    in_kubeflow(governed=False)
    assert resolve_context(context(pod={"service_account": "reader"}))


def test_service_accounts_of_model_servers_must_be_allowed_by_the_chart(in_kubeflow: Any) -> None:
    asked = context(serving={"kind": "kserve", "service_account": "kubenas-controller"})
    with pytest.raises(UserError, match=r"^serving\.service_account: 'kubenas-controller'"):
        resolve_context(asked)
    in_kubeflow(serving_accounts=["kubenas-controller"])
    assert resolve_context(asked)
