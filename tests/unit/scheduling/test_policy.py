"""Locked keys of the runner settings, and the place of user code."""

import pytest

from kubenas.config.runner import RunnerConfig
from kubenas.errors import UserError
from kubenas.scheduling.policy import Policy, check_locked, check_user_code_runner

NAMESPACE = {"kind": "kubernetes", "pod": {"image": "team/trainer:1"}}


def asked(**content):
    return RunnerConfig.model_validate(content).model_dump(mode="json")


@pytest.mark.parametrize(
    "content",
    [{}, {"pod": {"image": "team/trainer:1"}}, {"kind": "kubernetes"}, {"workers": 64}],
    ids=["nothing", "the-same", "the-same-kind", "not-locked"],
)
def test_unlocked_keys_and_equal_values_pass(content):
    check_locked(asked(**content), NAMESPACE, ("pod.image", "kind", "pod.secrets"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"pod": {"image": "mine:1"}}, "runner.pod.image: 'mine:1'.*locked it to 'team/trainer:1'"),
        ({"kind": "local"}, "runner.kind: 'local'.*'kubernetes'"),
        ({"pod": {"secrets": ["other"]}}, r"runner.pod.secrets: \['other'\].*locked it to \[\]"),
    ],
)
def test_other_value_of_a_locked_key_is_refused(content, said):
    with pytest.raises(UserError, match=said):
        check_locked(asked(**content), NAMESPACE, ("pod.image", "kind", "pod.secrets"))


def test_user_code_in_a_steps_pod_needs_permission():
    with pytest.raises(UserError, match=r"remove runner\.kind"):
        check_user_code_runner("local", Policy())
    check_user_code_runner("kubernetes", Policy())
    check_user_code_runner("local", Policy(local_user_code=True))
