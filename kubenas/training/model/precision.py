"""The precision in which a network computes, as a dtype policy of Keras. Pure functions.

A mixed policy computes in 16 bits and keeps the weights in float32 (Micikevicius et al., Mixed
Precision Training, ICLR 2018). bfloat16 has the range of float32. float16 has not, so Keras scales
the loss.
"""

from typing import TypeAlias

from kubenas.trial import Precision

ComputeCapability: TypeAlias = tuple[int, int]
"""Version of the features of a CUDA GPU, such as (8, 0)."""

FLOAT32 = "float32"
_BFLOAT16_SINCE: ComputeCapability = (8, 0)
_FLOAT16_SINCE: ComputeCapability = (7, 0)
"""First GPUs whose tensor cores compute in bfloat16 and float16: Ampere and Volta."""


def dtype_policy(
    precision: Precision, *, registered: bool, trains: bool, capability: ComputeCapability | None
) -> str | None:
    """Returns the dtype policy in which to build a network, or None to leave it to its code.

    Networks of registered spaces are kept and exported in float32, which every device computes.

    Args:
        precision: the precision of the training plan.
        registered: whether the space is a registered one, not user code.
        trains: whether the network is trained, not described, evaluated or exported.
        capability: that of the GPU; None without a GPU.
    """
    if not registered:
        return None if precision == "auto" else precision
    if not trains:
        return FLOAT32
    return _policy_of(capability) if precision == "auto" else precision


def _policy_of(capability: ComputeCapability | None) -> str:
    if capability is None or capability < _FLOAT16_SINCE:
        return FLOAT32
    return "mixed_float16" if capability < _BFLOAT16_SINCE else "mixed_bfloat16"
