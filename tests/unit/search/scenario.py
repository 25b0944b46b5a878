"""A search without processes: a scripted runner, a list of proposals and injected crashes."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kubenas.config import Config
from kubenas.scheduling.runner import TrialRunner
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
from kubenas.storage import ObjectInfo, open_storage
from kubenas.storage.directory import DirectoryStorage
from kubenas.training.process.hyperparameters import TrackedHyperparameters
from kubenas.trial import (
    ATTEMPT_START_FILE,
    AttemptEvent,
    AttemptRef,
    AttemptSpec,
    AttemptStart,
    DeclaredHyperparameters,
    FailureClass,
    Outcome,
    Result,
    SpaceRef,
    Task,
)


class Crash(BaseException):
    """Simulates that the process is killed."""


class Fuse:
    """Raises ``Crash`` once, at the ``crash_at``-th call of ``burn``."""

    def __init__(self, crash_at: int | None = None) -> None:
        self.passed = 0
        self._crash_at = crash_at

    def burn(self) -> None:
        self.passed += 1
        if self.passed == self._crash_at:
            raise Crash


class FusedStorage:
    """A directory storage that may crash before and after each write."""

    def __init__(self, root: Path, fuse: Fuse) -> None:
        self._inner = DirectoryStorage(root)
        self._fuse = fuse
        self.uri = self._inner.uri
        self.read, self.exists = self._inner.read, self._inner.exists
        self.delete, self.stage = self._inner.delete, self._inner.stage
        self.upload_tree = self._inner.upload_tree

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        return self._inner.list(prefix, after=after)

    def write(self, name: str, data: bytes) -> None:
        self._fuse.burn()
        self._inner.write(name, data)
        self._fuse.burn()

    def create(self, name: str, data: bytes) -> None:
        self._fuse.burn()
        self._inner.create(name, data)
        self._fuse.burn()


class ScriptedRunner(TrialRunner):
    """Ends one attempt per poll, in order of start, according to the value ``behave``.

    ``trained`` lists the attempts that did their work to the end, over all restarts.
    """

    def __init__(
        self,
        trained: list[AttemptRef],
        fuse: Fuse,
        capacity: int = 2,
        *,
        persistent: bool = False,
        found: Iterable[AttemptRef] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._found = list(found)
        self._clock = clock
        self.stopped: set[AttemptRef] = set()
        self._trained = trained
        self._persistent = persistent
        self._fuse = fuse
        self._capacity = capacity
        self._running: list[AttemptSpec] = []
        self.specs: list[AttemptSpec] = []

    @property
    def capacity(self) -> int:
        return self._capacity

    def start(self, spec: AttemptSpec) -> None:
        assert len(self._running) < self._capacity
        self._fuse.burn()
        open_storage(spec.prefix).create("spec.json", spec.to_json())
        open_storage(spec.prefix).create(
            ATTEMPT_START_FILE, AttemptStart(at=self._clock()).to_json()
        )
        self._running.append(spec)
        self.specs.append(spec)
        self._fuse.burn()

    def poll(self, timeout: float) -> list[AttemptEvent]:  # noqa: ARG002, it never waits
        if not self._running:
            return []
        spec = self._running[0]
        failure = self._act(spec)
        self._running.pop(0)
        return [AttemptEvent(ref=spec.ref, kind="ended", failure=failure)]

    def stop(self, ref: AttemptRef) -> None:
        self.stopped.add(ref)

    @property
    def persistent(self) -> bool:
        return self._persistent

    def adopt(self, task: Task) -> list[AttemptRef]:  # noqa: ARG002
        return self._found

    def close(self) -> None:
        self._running.clear()

    def _act(self, spec: AttemptSpec) -> FailureClass | None:
        values = spec.hyperparameters["values"] if spec.hyperparameters else {}
        behave = values.get("behave", "complete")
        if spec.ref in self.stopped or behave == "stopped":
            return FailureClass.DISRUPTION
        if behave == "lost" or (behave == "lost-once" and spec.attempt == 1):
            return FailureClass.NODE_LOSS
        if behave == "progress" and spec.attempt <= 6:
            open_storage(spec.prefix).write("checkpoint/latest.json", b"{}")
            return FailureClass.NODE_LOSS
        self._fuse.burn()
        open_storage(spec.prefix).create("result.json", result_of(spec, values, behave).to_json())
        self._trained.append(spec.ref)
        self._fuse.burn()
        return None


class TwoSeconds(ScriptedRunner):
    """Attempts run for the seconds in their results."""

    def poll(self, timeout: float) -> list[AttemptEvent]:
        return [event.model_copy(update={"seconds": 2.0}) for event in super().poll(timeout)]


def result_of(spec: AttemptSpec, values: dict[str, Any], behave: str) -> Result:
    common = {"task": spec.task, "trial": spec.trial, "attempt": spec.attempt, "seconds": 2.0}
    common["nonce"] = spec.nonce
    failed = {"outcome": Outcome.FAILED, "message": f"{behave} happened"}
    match behave:
        case "bug":
            return Result(**common, **failed, failure=FailureClass.APPLICATION)
        case "misconfigured":
            return Result(**common, **failed, failure=FailureClass.CONFIGURATION)
        case "nan":
            return Result(**common, outcome=Outcome.COMPLETED, score=float("nan"))
        case "forged":
            new = ({"class_name": "Int", "config": {"name": "x", "min_value": "a lot"}},)
            return Result(
                **common,
                outcome=Outcome.COMPLETED,
                score=1.0,
                declared=DeclaredHyperparameters(new=new),
            )
        case "rewrites":
            common["declared"] = DeclaredHyperparameters(values={"x": 9.0, "depth": 2})
        case "asks":
            given = TrackedHyperparameters(spec.hyperparameters)
            for name in ("depth", f"units_{spec.trial}"):
                given.hp.Int(name, 1, 4)
            common["declared"] = given.declared()
    score = float(values.get("x", 0))
    epochs = spec.training.epochs if spec.training else 0
    return Result(**common, outcome=Outcome.COMPLETED, score=score, epochs=epochs, best_epoch=0)


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


def write_result(folder: Path, ref: AttemptRef, **changes: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    result = Result(
        task=Task.TRAIN, trial=ref.trial, attempt=ref.attempt, outcome=Outcome.COMPLETED, score=1.0
    )
    content = json.loads(result.model_copy(update=changes).to_json())
    (folder / "result.json").write_text(json.dumps(content))
