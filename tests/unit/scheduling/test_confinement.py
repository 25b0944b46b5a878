"""Checks of pod settings: always refused ones, and those an administrator may allow."""

from typing import Any

import pytest

from kubenas.config.runner import PodConfig
from kubenas.config.serving import ServingConfig
from kubenas.errors import UserError
from kubenas.scheduling.confinement import check_confinement, check_serving
from kubenas.scheduling.policy import Policy
from tests.unit.scheduling.pod_settings import ADMITTED, REFUSED

ACCOUNT = "kubenas-trial"


def check(pod: dict[str, Any], **policy: Any) -> None:
    check_confinement(PodConfig(**pod), Policy(**policy), account=ACCOUNT)


@pytest.mark.parametrize("pod", REFUSED.values(), ids=REFUSED)
def test_settings_that_widen_rights_are_refused_with_their_key(
    pod: dict[str, Any],
) -> None:
    (key,) = pod
    with pytest.raises(UserError, match=rf"^runner\.pod\.{key}\b.*allow"):
        check(pod)


@pytest.mark.parametrize("pod", ADMITTED.values(), ids=ADMITTED)
def test_settings_that_trials_need_are_admitted(pod: dict[str, Any]) -> None:
    check(pod)


@pytest.mark.parametrize(
    ("asked", "policy"),
    [
        ("the-controllers-account", {"service_accounts": ["kubenas-controller"]}),
        ("an-inline-driver", {"volumes": ["csi"]}),
        ("a-secret", {"secrets": ["mlpipeline-minio-artifact"]}),
        ("a-secret-as-variable", {"secrets": ["other"]}),
        ("a-secret-as-volume", {"secrets": ["other"]}),
        ("a-secret-as-projection", {"secrets": ["other"]}),
        ("devices-of-the-host", {"annotations": ["cdi.k8s.io/"]}),
        ("devices-of-the-host", {"annotations": ["cdi.k8s.io/all"]}),
    ],
)
def test_administrator_allows_settings_by_name(asked: str, policy: dict[str, Any]) -> None:
    check(REFUSED[asked], **policy)


@pytest.mark.parametrize(
    ("asked", "policy"),
    [
        ("a-secret-as-volume", {"secrets": ["othe", "other2"]}),
        ("devices-of-the-host", {"annotations": ["cdi.k8s.io"]}),
        ("an-accounts-token", {"volumes": ["projected"], "secrets": ["token"]}),
    ],
)
def test_similar_names_are_not_allowed(asked: str, policy: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="allowed"):
        check(REFUSED[asked], **policy)


def test_inline_csi_driver_needs_an_allowed_secret() -> None:
    reference = {"driver": "d.example", "nodePublishSecretRef": {"name": "other"}}
    pod = {"volumes": [{"name": "v", "csi": reference}]}
    with pytest.raises(UserError, match=r"runner\.pod\.volumes: Secret 'other'"):
        check(pod, volumes=["csi"])
    check(pod, volumes=["csi"], secrets=["other"])


@pytest.mark.parametrize("volume", [{"name": "v"}, {"name": "v", "emptyDir": {}, "secret": {}}])
def test_volume_needs_one_source(volume: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"runner\.pod\.volumes: a volume needs one source"):
        check({"volumes": [volume]})


def test_policy_cannot_allow_host_paths() -> None:
    with pytest.raises(ValueError, match="volumes"):
        Policy.model_validate({"volumes": ["hostPath"]})


def test_model_server_needs_an_allowed_account() -> None:
    served = ServingConfig(kind="kserve", service_account="kubenas-controller")
    with pytest.raises(UserError, match=r"^serving\.service_account: .*allowed: none"):
        check_serving(served, Policy())
    check_serving(served, Policy(serving_accounts=("kubenas-controller",)))
    check_serving(ServingConfig(kind="kserve"), Policy())
    check_serving(ServingConfig(service_account="kubenas-controller"), Policy())
