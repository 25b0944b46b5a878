"""Seeds that share nothing although the user's seeds are neighbours."""

import hashlib

_LARGEST = 2**31 - 1


def derived_seed(purpose: str, *parts: int) -> int:
    """A seed from 1 to 2**31 - 1 for ``purpose``, from the user's seed and other numbers.

    Keras-Tuner's generators count up from the seed they are given, so that seed 2 repeats most
    of what seed 1 proposes; and they take 0 for "any".
    """
    text = ":".join([purpose, *map(str, parts)])
    return 1 + int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % _LARGEST
