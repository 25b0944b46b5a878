"""Which dtype policy a network is built in. The GPU itself needs a machine with one."""

import pytest

from kubenas.training.model.gpu import compute_capability
from kubenas.training.model.precision import ComputeCapability, dtype_policy


@pytest.mark.parametrize(
    ("capability", "policy"),
    [
        (None, "float32"),
        ((6, 1), "float32"),
        ((7, 0), "mixed_float16"),
        ((7, 5), "mixed_float16"),
        ((8, 0), "mixed_bfloat16"),
        ((9, 0), "mixed_bfloat16"),
        ((12, 0), "mixed_bfloat16"),
    ],
)
def test_a_registered_space_is_trained_as_suits_the_gpu(
    capability: ComputeCapability | None, policy: str
) -> None:
    assert dtype_policy("auto", registered=True, trains=True, capability=capability) == policy
    for named in ("float32", "mixed_bfloat16", "mixed_float16"):
        assert dtype_policy(named, registered=True, trains=True, capability=capability) == named
        assert (
            dtype_policy(named, registered=True, trains=False, capability=capability) == "float32"
        )
    assert dtype_policy("auto", registered=True, trains=False, capability=capability) == "float32"


@pytest.mark.parametrize("trains", [True, False])
def test_user_code_keeps_its_policy_unless_the_config_names_one(trains: bool) -> None:
    gpu = (8, 0)
    assert dtype_policy("auto", registered=False, trains=trains, capability=gpu) is None
    named = dtype_policy("mixed_float16", registered=False, trains=trains, capability=gpu)
    assert named == "mixed_float16"


def test_a_machine_without_a_gpu_has_no_capability() -> None:
    found = compute_capability()
    assert found is None or len(found) == 2
