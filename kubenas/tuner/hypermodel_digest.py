"""Digest of a hypermodel that ignores changes made by building models."""

from typing import Any

from kubenas.tuner.fingerprint import fingerprint


class HypermodelDigest:
    """Digests of a hypermodel before and after the builds in the tuner's constructor.

    The number of builds depends on the time limit, and a build may change the hypermodel.
    """

    def __init__(self, hypermodel: Any) -> None:
        self._before = fingerprint(hypermodel)
        self._after = self._before

    def update_after_build(self, hypermodel: Any) -> None:
        """Records the state after the builds. Changes up to here are not the user's."""
        self._after = fingerprint(hypermodel)

    def digests(self, hypermodel: Any) -> list[str]:
        """Returns the digests of ``hypermodel``, including changes after the builds."""
        now = fingerprint(hypermodel)
        return [self._before] if now == self._after else [self._before, now]
