"""What of a hypermodel counts as the user's: not what building models has left in it."""

from typing import Any

from kubenas.tuner.fingerprint import fingerprint


class HypermodelDigest:
    """Digests of a hypermodel before and after the models that the tuner's constructor builds.

    How many are built depends on the time, and building one may change the object.
    """

    def __init__(self, hypermodel: Any) -> None:
        self._before = fingerprint(hypermodel)
        self._after = self._before

    def update_after_build(self, hypermodel: Any) -> None:
        """Notes that models have been built: what has changed is none of the user's doing."""
        self._after = fingerprint(hypermodel)

    def digests(self, hypermodel: Any) -> list[str]:
        """What counts of ``hypermodel`` now: also what has changed since models were built."""
        now = fingerprint(hypermodel)
        return [self._before] if now == self._after else [self._before, now]
