"""A search without processes: a scripted runner and a list of proposals."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kubenas.config import Config
from kubenas.search.attempts.specs import TrialSpecs
from kubenas.search.definition import define
from kubenas.search.interruption import Interruption
from kubenas.search.journal.journal import Journal
from kubenas.search.journal.records import Ended, Proposed, Record
from kubenas.search.journal.state import SearchState
from kubenas.search.layout import search_folder
from kubenas.search.loop import SearchLoop
from kubenas.search.proposal_sources import add_proposal_sources
from kubenas.search.proposals.proposer import NoProposal, Proposal
from kubenas.search.recorder import SearchRecorder
from kubenas.storage.directory import DirectoryStorage
from kubenas.trial import (
    AttemptRef,
    AttemptSpec,
    Outcome,
    SpaceRef,
)
from tests.unit.search.scripted_runner import Fuse, FusedStorage, ScriptedRunner


class ListProposer:
    """Proposes the entries of a list in order; ids are their positions."""

    def __init__(self, proposals: list[dict[str, Any]]) -> None:
        self._proposals = proposals
        self._next = 0
        self.reported: dict[str, Outcome] = {}
        self.scores: list[float | None] = []
        self._ends: dict[str, Ended] = {}

    def propose(self) -> Proposal | NoProposal:
        if self._next >= len(self._proposals):
            return NoProposal.EXHAUSTED
        values = dict(self._proposals[self._next])
        self._next += 1
        return Proposal(
            str(self._next - 1),
            values,
            epochs=values.get("tuner/epochs"),
            parent=values.get("tuner/trial_id"),
        )

    def report(self, oracle_trial: str, end: Ended) -> None:
        assert oracle_trial not in self.reported
        self.reported[oracle_trial] = end.outcome
        self.scores.append(end.score)
        self._ends[oracle_trial] = end

    def revise(self, ends: Mapping[str, Ended]) -> bool:
        if list(ends.items())[: len(self._ends)] != list(self._ends.items()):
            return False
        for name in [name for name in ends if name not in self._ends]:
            self.report(name, ends[name])
        return True

    def limit_sizes(self, trained: Mapping[str, Any], epoch_seconds: float) -> None:
        """Has no networks."""

    refits = False

    def refit(self) -> None:
        """Has no models."""

    def adopt(self, settings: object) -> None:
        """Has no models."""

    def continuation(self) -> str | None:
        return None

    def replay(self, records: Iterable[Record]) -> dict[int, str]:
        ids: dict[int, str] = {}
        for record in records:
            if isinstance(record, Proposed):
                proposal = self.propose()
                assert isinstance(proposal, Proposal)
                assert proposal.values == record.values
                ids[record.trial] = proposal.oracle_trial
            elif isinstance(record, Ended):
                self.report(ids[record.trial], record)
        return ids


class Scenario:
    """A search in ``root`` that can be run repeatedly."""

    def __init__(
        self,
        root: Path,
        proposals: list[dict[str, Any]],
        *,
        sections: Mapping[str, Any] | None = None,
        **search: Any,
    ) -> None:
        self.root = root
        self.proposals = proposals
        search = {"max_trials": max(1, len(proposals)), **search}
        content = {"name": "s", "output": str(root), "data": {"source": "digits"}}
        self.config = Config.model_validate({**content, **(sections or {}), "search": search})
        self.definition = define(
            self.config, dataset="nowhere", dataset_digest="d", space=SpaceRef(name="any")
        )
        self.trained: list[AttemptRef] = []
        self.specs: list[AttemptSpec] = []
        self.stopped: set[AttemptRef] = set()
        self.fuse = Fuse()
        self.proposer = ListProposer(proposals)

    def run(
        self,
        *,
        crash_at: int | None = None,
        capacity: int = 2,
        persistent: bool = False,
        found: Iterable[AttemptRef] = (),
        **loop: Any,
    ) -> SearchState:
        """Runs to the end or to the crash."""
        self.fuse = Fuse(crash_at)
        storage = FusedStorage(self.root, self.fuse)
        specs = TrialSpecs(self.definition, storage, {"space": []})
        kind = loop.pop("runner", ScriptedRunner)
        clock = {"clock": loop["clock"]} if "clock" in loop else {}
        runner = kind(
            self.trained, self.fuse, capacity, persistent=persistent, found=found, **clock
        )
        try:
            journal = self.journal(storage)
            proposer = add_proposal_sources(self._fresh_proposer, self.definition, {"space": []})
            recorder = SearchRecorder(
                journal, journal.read(), proposer=proposer, specs=specs, **clock
            )
            loop.setdefault("interruption", Interruption())
            return SearchLoop(specs, recorder=recorder, runner=runner, **loop).run()
        finally:
            self.specs += runner.specs
            self.stopped = runner.stopped

    def _fresh_proposer(self) -> ListProposer:
        self.proposer = ListProposer(self.proposals)
        return self.proposer

    def journal(self, storage: Any = None) -> Journal:
        storage = storage or DirectoryStorage(self.root)
        return Journal(storage, search_folder(self.definition.id))

    def records(self) -> list[Record]:
        return self.journal().read()

    def ends(self) -> list[Ended]:
        return [record for record in self.records() if isinstance(record, Ended)]
