"""Champions handed to KServe on a real API server, with real models behind a stand-in for KServe.

This process stands for the step: it has the rights of the step's account, and reaches the model
servers by the service's public URL. What a step inside the cluster takes instead is in tests/unit.
"""

import time
from typing import Any

import pytest
import yaml

from kubenas.config.serving import ServingConfig
from kubenas.errors import UserError
from kubenas.scheduling.kubernetes.access.facts import Permission
from kubenas.serving.handoff import hand_over
from kubenas.serving.kserve import rollout
from kubenas.serving.kserve.service_object import PERMISSIONS
from kubenas.storage import open_storage
from tests.cluster.images import run
from tests.cluster.serving.place import (
    CRD_NAME,
    KSERVE,
    NAME,
    Killed,
    Place,
    both_modes,
    install_crd,
    wait_for,
)
from tests.cluster.serving.stand_in_kserve import StandInKserve

pytestmark = pytest.mark.cluster

IN_HASTE = ServingConfig(kind="kserve", ready_seconds=10)


@both_modes
def test_a_first_champion_is_served_once_and_answers_as_the_exported_model(
    place: Place, kserve: StandInKserve
) -> None:
    champion = place.champion(1)
    handoff = place.hand_over(champion)
    service = place.service()
    assert (handoff.state, handoff.accepted) == ("served", True), handoff.message
    assert service is not None
    assert handoff.url == service["status"]["url"]
    assert "answers to 8 test examples are correct" in handoff.message
    assert place.answers_as(0)
    written = yaml.safe_load(handoff.yaml)
    service["spec"]["predictor"]["model"].pop("name")  # KServe's default
    assert service["spec"] == written["spec"]
    assert not place.under_way

    asked = len(kserve.requests)
    again = place.hand_over(champion)
    found = place.service()
    assert found is not None
    assert (again.state, len(kserve.requests)) == ("served", asked)
    assert found["metadata"]["generation"] == service["metadata"]["generation"]


@pytest.mark.parametrize("kserve", [{"ready_seconds": 2.0, "rolling_seconds": 2.0}], indirect=True)
def test_in_standard_mode_the_old_model_may_answer_until_its_pods_are_replaced(
    place: Place, kserve: StandInKserve
) -> None:
    place.hand_over(place.champion(1))
    config = KSERVE.model_copy(update={"canary_percent": 20})
    handoff = place.hand_over(place.champion(2, of=1), config)
    assert handoff.state == "served", handoff.message
    assert "without a canary" in handoff.message
    assert place.answers_as(1)


@pytest.mark.parametrize("percent", [0, 20])
@pytest.mark.parametrize("kserve", [{"knative": True, "ready_seconds": 1.0}], indirect=True)
def test_on_knative_a_new_model_is_a_canary_until_it_has_answered_rightly(
    place: Place, kserve: StandInKserve, percent: int
) -> None:
    place.hand_over(place.champion(1))
    config = KSERVE.model_copy(update={"canary_percent": percent, "canary_seconds": 3.0})
    shares: list[int] = []
    ask = rollout.request_predictions

    def watched(*arguments: Any) -> Any:
        service = place.service()
        assert service is not None
        shares.append(service["spec"]["predictor"]["canaryTrafficPercent"])
        return ask(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rollout, "request_predictions", watched)
        handoff = place.hand_over(place.champion(2, of=1), config)
    assert handoff.state == "served", handoff.message
    assert f"as a canary with {percent} %" in handoff.message
    assert len(shares) >= 3
    assert set(shares) == {percent}
    assert kserve.requests.count("digits-predictor-00002") == len(shares)
    service = place.service()
    assert service is not None
    assert "canaryTrafficPercent" not in service["spec"]["predictor"]
    wait_for(lambda: place.answers_as(1))


@both_modes
@pytest.mark.parametrize("first", [True, False])
def test_a_model_that_answers_wrongly_is_undone_at_once(
    place: Place, kserve: StandInKserve, first: bool
) -> None:
    if not first:
        place.hand_over(place.champion(1))
    begun = time.monotonic()
    handoff = place.hand_over(place.champion(2, of=2, served=1))
    assert time.monotonic() - begun < KSERVE.ready_seconds / 2
    assert (handoff.state, handoff.accepted) == ("rolled-back", False)
    assert "differ from the exported model's" in handoff.message
    assert not place.under_way
    if first:
        assert place.service() is None
    else:
        wait_for(lambda: place.answers_as(0))
    assert place.hand_over(place.champion(3, of=1)).state == "served"
    wait_for(lambda: place.answers_as(1))


@both_modes
@pytest.mark.parametrize("first", [True, False])
def test_a_model_that_never_becomes_ready_is_undone_in_time(
    place: Place, kserve: StandInKserve, first: bool
) -> None:
    if not first:
        place.hand_over(place.champion(1))
    handoff = place.hand_over(place.champion(2, of=1, gone=True), IN_HASTE)
    assert handoff.state == "rolled-back"
    assert "not ready after 10 s" in handoff.message
    if first:
        assert "ModelLoadFailed" in handoff.message or "saved_model" in handoff.message
        assert place.service() is None
    else:
        assert place.answers_as(0)
    assert not place.under_way


@both_modes
def test_what_follows_an_unfinished_change_is_undone_to_what_was_before_both(
    place: Place, kserve: StandInKserve
) -> None:
    place.hand_over(place.champion(1))
    second = place.champion(2, of=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rollout.Rollout, "_check", _killed)
        with pytest.raises(Killed):
            place.hand_over(second)
    assert place.under_way
    handoff = place.hand_over(place.champion(3, of=2, gone=True), IN_HASTE)
    assert handoff.state == "rolled-back"
    wait_for(lambda: place.answers_as(0))


def test_without_the_right_it_is_written_with_the_command_that_applies_it(
    place: Place, kserve: StandInKserve
) -> None:
    place.namespace.kubectl("delete", "rolebinding", "kubenas-serving")
    champion = place.champion(1)
    handoff = place.hand_over(champion)
    assert (handoff.state, place.service()) == ("written", None)
    assert "may not get, create, update, delete InferenceServices" in handoff.message
    where = f"kubectl apply -n {place.namespace.name} -f -"
    assert handoff.message.endswith(f"gcloud storage cat {handoff.uri} | {where}")
    folder, _, name = handoff.uri.rpartition("/")
    text = open_storage(folder).read(name).decode()
    assert text == handoff.yaml
    run(*where.split(), stdin=text)
    wait_for(lambda: (place.service() or {}).get("status", {}).get("url"))
    assert place.answers_as(0)


def test_without_kserve_it_is_written(place: Place) -> None:
    run("kubectl", "delete", "crd", CRD_NAME)
    try:
        handoff = place.hand_over(place.champion(1))
    finally:
        install_crd()
    assert handoff.state == "written"
    assert "KServe is not installed" in handoff.message


def test_a_service_of_others_is_left_alone(place: Place, kserve: StandInKserve) -> None:
    champion = place.champion(1)
    place.hand_over(champion)
    other = open_storage(f"{place.output.uri}-other")
    before = place.service()
    with place.rights(), pytest.raises(UserError, match="does not belong to"):
        hand_over(champion, KSERVE, name=NAME, output=other)
    assert place.service() == before


def test_the_chart_gives_the_right_to_what_a_handover_does_and_no_more(place: Place) -> None:
    (rule,) = place.namespace.get("role", "kubenas-serving")["rules"]
    granted = {
        Permission(verb, resource, group)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert granted == set(PERMISSIONS)


def _killed(*_: Any) -> None:
    raise Killed
