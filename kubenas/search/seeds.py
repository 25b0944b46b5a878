"""Independent seeds, derived from the user's seed."""

import hashlib

_LARGEST = 2**31 - 1


def derived_seed(purpose: str, *parts: int) -> int:
    """Returns a seed from 1 to 2**31 - 1 for ``purpose``, from the user's seed and other numbers.

    Keras-Tuner's generators count up from their seed: seed 2 would repeat most proposals of
    seed 1. They interpret 0 as "no seed".
    """
    text = ":".join([purpose, *map(str, parts)])
    return 1 + int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % _LARGEST
