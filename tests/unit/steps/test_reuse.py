"""Reuse of the champion's architecture."""

from pathlib import Path

from kubenas.search.warm_start.prior_results import Champion
from kubenas.steps.evaluate import evaluate
from kubenas.steps.promote import promote
from kubenas.steps.report.writing import report
from kubenas.steps.search import champion_network
from tests.unit.steps.finished_runs import correct_examples, finished_run


def test_reuses_the_architecture_of_the_champion(tmp_path: Path) -> None:
    run = finished_run(str(tmp_path / "out"), 1, correct_examples(1800))
    assert champion_network(run.output) is None
    for step in (evaluate, report, promote):
        step(run)
    found = f"{run.output.uri}/searches/{run.search_id}"
    assert champion_network(run.output) == Champion(search=found, values={"x": 1})
