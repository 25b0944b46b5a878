"""Creation of a Job whose name already exists."""

from typing import Any

import pytest

from kubenas.scheduling.kubernetes.client.api import Api, ApiRefused
from kubenas.scheduling.kubernetes.jobs import Created, Deferred, Jobs, Rejected
from kubenas.scheduling.kubernetes.names import PREFIX, SPEC_HASH

OURS = {
    "metadata": {
        "name": "nas-s-0-t00000-a1",
        "namespace": "team",
        "annotations": {SPEC_HASH: "ours", PREFIX: "gs://b/ours"},
    }
}


class Taken(Api):
    """An API server with an existing Job of every name."""

    def __init__(self, **metadata: Any) -> None:
        self._metadata = metadata

    def call(self, method: str, path: str, **_: Any) -> dict[str, Any]:
        if method == "POST":
            raise ApiRefused(f"{path} already exists", status=409, reason="AlreadyExists")
        return {"metadata": self._metadata}


def test_own_job_is_taken_over_unless_it_is_being_deleted() -> None:
    annotations = {SPEC_HASH: "ours"}
    assert Jobs(Taken(annotations=annotations), "team").create(OURS) == Created()
    going = Taken(annotations=annotations, deletionTimestamp="2026-01-01T00:00:00Z")
    assert isinstance(Jobs(going, "team").create(OURS), Deferred)


@pytest.mark.parametrize(
    ("metadata", "whose"),
    [
        (
            {"annotations": {SPEC_HASH: "theirs", PREFIX: "gs://b/theirs"}},
            "(attempt: gs://b/theirs)",
        ),
        ({}, "(attempt: unknown)"),
    ],
)
def test_different_job_of_the_same_name_is_an_error(metadata: dict[str, Any], whose: str) -> None:
    refused = Jobs(Taken(**metadata), "team").create(OURS)
    assert isinstance(refused, Rejected)
    assert whose in refused.message
    assert "kubectl delete job nas-s-0-t00000-a1 -n team" in refused.message
