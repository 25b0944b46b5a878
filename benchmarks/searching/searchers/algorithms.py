"""The algorithms by name: kubenas' oracles and published peers."""

import hashlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from kubenas.search.oracles import ORACLES
from searching.searchers.searcher import Searcher
from searching.simulation import Conditions
from searching.tables.table import Table

_HERE = Path(__file__).parent
Make = Callable[[Table, Conditions, int], Searcher]


@dataclass(frozen=True)
class Algorithm:
    name: str
    make: Make
    """Creates a searcher from a table, the conditions and a seed."""
    version: str
    """Version. Stored runs of other versions are repeated."""
    ours: bool = False
    slow: bool = False
    """Whether a proposal takes seconds. Slow algorithms get fewer seeds."""
    objectives: tuple[int, ...] = (1,)
    """Supported numbers of objectives."""
    needs: tuple[str, ...] = ()
    """Requirements on a table: "graph" or "early"."""

    def suits(self, table: Table) -> bool:
        """Returns whether the algorithm supports ``table``."""
        has_all = all(getattr(table, need) is not None for need in self.needs)
        return len(table.objectives) in self.objectives and has_all


def _own(name: str) -> Make:
    def make(table: Table, _: Conditions, seed: int) -> Searcher:
        from searching.searchers import greedy, peers

        kinds: dict[str, Callable[[Table, int], Searcher]] = {
            "random": peers.RandomSearch,
            "evolution": peers.RegularisedEvolution,
            "local search": peers.LocalSearch,
            "REINFORCE": peers.Reinforce,
            "AutoKeras greedy": greedy.Greedy,
        }
        return kinds[name](table, seed)

    return make


def _optuna(sampler: str) -> Make:
    def make(table: Table, _: Conditions, seed: int) -> Searcher:
        import optuna

        from searching.searchers.optuna_searcher import OptunaSearcher

        return OptunaSearcher(getattr(optuna.samplers, sampler)(seed=seed), table)

    return make


def _keras_tuner(kind: str) -> Make:
    def make(table: Table, conditions: Conditions, seed: int) -> Searcher:
        from keras_tuner import oracles
        from sklearn.exceptions import ConvergenceWarning

        from kubenas.search.seeds import derived_seed
        from searching.searchers.oracle_searcher import OracleSearcher, objectives

        # Its Gaussian process warns at almost every fit.
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        own = {"max_trials": conditions.budget}
        if kind == "HyperbandOracle":
            # Brackets then use the table's two numbers of epochs, and no others.
            factor = round(table.epochs / table.early_epochs)
            own = {"max_epochs": table.epochs, "factor": factor, "hyperband_iterations": 10_000}
        (objective,) = objectives(table)
        oracle = getattr(oracles, kind)(
            objective=objective,
            hyperparameters=table.space.hyperparameters(),
            seed=derived_seed("benchmark", seed),
            max_consecutive_failed_trials=None,
            **own,
        )
        return OracleSearcher(oracle, table)

    return make


def _kubenas(name: str, *, graph: bool) -> Make:
    def make(table: Table, conditions: Conditions, seed: int) -> Searcher:
        from kubenas.search import create_oracle
        from searching.searchers.oracle_searcher import OracleSearcher, objectives

        oracle = create_oracle(
            name,
            table.space.hyperparameters(),
            objectives(table) if len(table.objectives) > 1 else objectives(table)[0],
            seed=seed,
            max_trials=conditions.budget,
            max_consecutive_failed_trials=None,
            graph=table.graph if graph else None,
        )
        return OracleSearcher(oracle, table)

    return make


def _rungs(oracle: str, *, eta: int, graph: bool) -> Make:
    def make(table: Table, conditions: Conditions, seed: int) -> Searcher:
        from searching.searchers.rungs_searcher import RungsSearcher

        return RungsSearcher(table, conditions, seed, oracle=oracle, eta=eta, graph=graph)

    return make


def _digest(*files: Path) -> str:
    """Returns a digest of the files' contents."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:10]


def _ours() -> Iterator[Algorithm]:
    kubenas = _HERE.parents[2] / "kubenas"
    oracles = sorted((kubenas / "search" / "oracles").rglob("*.py"))
    oracles += [kubenas / "search" / "milestones.py"]
    state = _digest(kubenas / "spaces" / "graph.py", *oracles)
    own = [oracle.name for oracle in ORACLES if not oracle.is_from_keras_tuner]
    for name in (each for each in own if each != "grid"):  # grid search is for a few dozen networks
        for graph in (False,) if name in WITHOUT_GRAPH else (False, True):
            yield Algorithm(
                f"kubenas {name}" + "+graph" * graph,
                _kubenas(name, graph=graph),
                state,
                ours=True,
                objectives=(1, 2),
                needs=("graph",) * graph,
            )
    rungs = [_HERE / "rungs_searcher.py"]
    rungs += [kubenas / "search" / "proposals" / "sources.py"]
    rungs += sorted((kubenas / "search" / "rungs").glob("*.py"))
    for name, eta, suffix, graph in _RUNGS:
        yield Algorithm(
            f"kubenas {name}+rungs{suffix}" + "+graph" * graph,
            _rungs(name, eta=eta, graph=graph),
            f"{state}-{_digest(*rungs)}",
            ours=True,
            needs=("early", "graph") if graph else ("early",),
        )


def _peers() -> Iterator[Algorithm]:
    own = _digest(_HERE / "peers.py", _HERE / "greedy.py")
    yield Algorithm("random", _own("random"), own, objectives=(1, 2))
    for name in ("evolution", "local search", "REINFORCE", "AutoKeras greedy"):
        yield Algorithm(name, _own(name), own)
    optuna, keras_tuner = version("optuna"), version("keras-tuner")
    yield Algorithm("Optuna TPE", _optuna("TPESampler"), optuna, objectives=(1, 2))
    yield Algorithm("Optuna NSGA-II", _optuna("NSGAIISampler"), optuna, objectives=(2,))
    bayesian, hyperband = (
        _keras_tuner(f"{k}Oracle") for k in ("BayesianOptimization", "Hyperband")
    )
    yield Algorithm("Keras-Tuner bayesian", bayesian, keras_tuner, slow=True)
    yield Algorithm("Keras-Tuner hyperband", hyperband, keras_tuner, needs=("early",))


_RUNGS = (
    ("auto", 4, "", False),
    ("auto", 4, "", True),
    ("auto", 3, "-eta3", False),
    ("auto", 3, "-eta3", True),
    ("random", 3, "-eta3", False),
    ("random", 4, "", False),
)
"""Oracle, eta, suffix of the name and whether the oracle gets graphs."""
WITHOUT_GRAPH = ("random", "evolution", "local_search", "reinforce")
"""Algorithms that do not use graphs."""
ALGORITHMS = {algorithm.name: algorithm for algorithm in (*_ours(), *_peers())}
