"""Four weeks of one output: data grow, one week has bad labels, and the gate decides on each.

The steps are called as their components call them, with real trial processes, which are kept warm
from one step to the next.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner

import kubenas.steps.model_task
import kubenas.steps.retrain
import kubenas.steps.search
from kubenas.cli.main import kubenas as command
from kubenas.config import Config
from kubenas.scheduling.local.runner import LocalRunner
from kubenas.serving.champion import ChampionLog
from kubenas.serving.gate.gate import Decision, Ground
from kubenas.steps.evaluate import evaluate
from kubenas.steps.export import export
from kubenas.steps.prepare import prepare
from kubenas.steps.promote import promote
from kubenas.steps.report.summary import Summary, read_summary
from kubenas.steps.report.writing import report
from kubenas.steps.retrain import retrain
from kubenas.steps.search import search
from kubenas.steps.setup.context import RunContext
from kubenas.storage import Storage, open_storage

pytestmark = pytest.mark.timeout(900)  # 24 attempts, also on a busy machine

HYPERMODEL = """
import keras, keras_tuner
from small_layers import {hidden}

class Small(keras_tuner.HyperModel):
    def build(self, hp):
        rate = hp.Choice("rate", [0.01, 0.02, 0.03])
        model = keras.Sequential([
            keras.Input((6, 6, 1)),
            keras.layers.Flatten(),
            {hidden}(32, "relu"),
            keras.layers.Dense(3, "softmax"),
        ])
        model.compile(
            keras.optimizers.Adam(rate),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            jit_compile=False,  # which takes longer than such a training
        )
        return model
"""
LAYERS = """
import keras

class {hidden}(keras.layers.Dense):
    pass
"""
Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.intp]


def pictures(count: int, seed: int, *, negative: bool = False) -> tuple[Pixels, Labels]:
    """A bright bar at the top, in the middle or at the bottom, in noise; or its negative."""
    numbers = np.random.default_rng(seed)
    labels = numbers.integers(0, 3, count)
    images = numbers.integers(0, 90, (count, 6, 6))
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2] += 150
    return (255 - images if negative else images).astype(np.uint8), labels


def mislabelled(labels: Labels) -> Labels:
    """Six in ten have any label."""
    numbers = np.random.default_rng(9)
    return np.where(numbers.random(len(labels)) < 0.6, numbers.integers(0, 3, len(labels)), labels)


FIRST, SECOND = pictures(500, 1), pictures(200, 2)
THIRD, FOURTH = pictures(200, 3), pictures(700, 4, negative=True)


def together(*weeks: tuple[Pixels, Labels]) -> tuple[Pixels, Labels]:
    images, labels = zip(*weeks, strict=True)
    return np.concatenate(images), np.concatenate(labels)


BAD = together(FIRST, SECOND, THIRD)
WEEKS = (
    FIRST,
    together(FIRST, SECOND),
    (BAD[0], mislabelled(BAD[1])),
    together(FIRST, SECOND, THIRD, FOURTH),
)


@dataclass(frozen=True)
class Week:
    """One run, and what was in production after it."""

    search: str
    digest: str
    decision: Decision
    summary: Summary
    champion: int
    lineage: dict
    lines: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weekly")


@pytest.fixture(scope="module")
def output(folder: Path) -> Storage:
    return open_storage(str(folder / "out"))


@pytest.fixture(scope="module")
def weeks(folder: Path, output: Storage) -> list[Week]:
    content = {
        "name": "weekly",
        "output": output.uri,
        "data": {"source": str(folder / "data.npz"), "test_fraction": 0.3},
        "space": {"hypermodel": f"{folder}/small.py:Small"},
        "search": {"oracle": "random", "max_trials": 2, "warm_start": ["last"]},
        "training": {"epochs": 8, "batch_size": 16, "patience": 0},
        "retrain": {"candidates": 1, "seeds": 1},
    }
    with LocalRunner(workers=1) as runner, pytest.MonkeyPatch.context() as patch:

        @contextmanager
        def warm(*_: object, **__: object) -> Iterator[LocalRunner]:
            yield runner

        for step in (kubenas.steps.search, kubenas.steps.retrain, kubenas.steps.model_task):
            patch.setattr(step, "trial_runner", warm)
        return [
            week(Config.model_validate(content), folder, images, labels) for images, labels in WEEKS
        ]


def week(config: Config, folder: Path, images: Pixels, labels: Labels) -> Week:
    np.savez(folder / "data.npz", x=images, y=labels)
    # Whoever renames a layer goes on with a champion whose layer has the old name.
    hidden = f"Hidden{len(images)}"
    (folder / "small.py").write_text(HYPERMODEL.format(hidden=hidden))
    (folder / "small_layers.py").write_text(LAYERS.format(hidden=hidden))
    context = prepare(config)
    decision = run(context)
    again = evaluate(context).decision  # a step that is run once more decides the same
    assert again == decision or decision.verdict == "promote"
    output = context.output
    summary, champion = read_summary(output), ChampionLog(output).champion()
    assert summary is not None
    assert champion is not None
    return Week(
        search=context.search_id,
        digest=context.dataset_digest,
        decision=decision,
        summary=summary,
        champion=champion.number,
        lineage=json.loads(told("lineage", output.uri, "--json")),
        lines=told("lineage", output.uri),
    )


def run(context: RunContext) -> Decision:
    search(context)
    retrain(context)
    export(context)
    decision = evaluate(context).decision
    report(context)
    if decision.verdict == "promote":
        promote(context)
    return decision


def told(*words: str) -> str:
    done = CliRunner().invoke(command, words)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_gate_promotes_keeps_refuses_the_bad_week_and_promotes_again(weeks: list[Week]) -> None:
    assert [each.decision.ground for each in weeks] == [
        Ground.FIRST, Ground.NOT_BETTER, Ground.SUSPICIOUS, Ground.BETTER,
    ]  # fmt: skip
    assert [each.champion for each in weeks] == [1, 1, 1, 2]
    assert weeks[2].decision.verdict == "refuse"
    assert "the data are suspicious: the better of the two" in weeks[2].decision.reason


def test_the_summary_says_why(weeks: list[Week]) -> None:
    for each in weeks:
        promotion = each.summary.promotion
        assert promotion is not None
        assert (promotion.verdict, promotion.reason) == (
            each.decision.verdict,
            each.decision.reason,
        )


def test_the_lineage_is_that_of_the_model_in_production(weeks: list[Week]) -> None:
    for each in weeks[:3]:
        assert each.lineage["search"] == weeks[0].search
        assert each.lineage["data"]["digest"] == weeks[0].digest
        assert each.lineage["predecessor"] is None
    last = weeks[3].lineage
    assert (last["search"], last["data"]["digest"]) == (weeks[3].search, weeks[3].digest)
    assert last["promotion"]["number"] == 2
    assert last["predecessor"]["model"]["search"] == weeks[0].search
    assert last["decision"]["reason"] == weeks[3].decision.reason
    for each in (weeks[0].lineage, last):
        assert each["in_production"]
        assert each["values"]["rate"] in (0.01, 0.02, 0.03)
        assert each["training"]["seed"] > 0
        assert {"kubenas", "keras", "python"} <= each["training"]["software"].keys()
        assert each["training"]["image"] is None  # no container here, and none is made up
        assert "/code/" in each["space"]["hypermodel"]
    assert "Image (training)        not known" in weeks[3].lines
    assert f"record 1, of search {weeks[0].search}" in weeks[3].lines


def test_a_refused_model_has_a_lineage_too(output: Storage, weeks: list[Week]) -> None:
    refused = told("lineage", output.uri, "--search", weeks[2].search)
    assert "In production           never" in refused
    assert "refuse (suspicious-data): the data are suspicious" in refused


def test_each_week_begins_with_the_week_before(output: Storage, weeks: list[Week]) -> None:
    lineages = [
        json.loads(told("lineage", output.uri, "--search", each.search, "--json")) for each in weeks
    ]
    begun = [[uri.rpartition("/")[2] for uri in each["began_with"]] for each in lineages]
    assert begun == [[], *([each.search] for each in weeks[:3])]


def test_the_drift_is_from_the_data_of_the_champion(weeks: list[Week]) -> None:
    first, *later = (each.summary.drift for each in weeks)
    assert first is None
    for found in later:
        assert found is not None
        assert found.before == weeks[0].digest
        assert found.overlap is not None
        assert (found.overlap.kept, found.overlap.gone) == (len(FIRST[1]), 0)
    relabelled = int((mislabelled(BAD[1]) != BAD[1])[: len(FIRST[1])].sum())
    assert [each.overlap.relabelled for each in later] == [0, relabelled, 0]
    assert "have another label than before" in later[1].findings[0]
    assert "channel 0: mean" in later[2].findings[0]


def test_the_report_of_the_last_week_tells_where_its_model_came_from(
    output: Storage, weeks: list[Week]
) -> None:
    page = output.read("report.html").decode()
    assert ">Lineage<" in page
    assert f"record 1, of search {weeks[0].search}" in page
    assert "Data drift" in page
