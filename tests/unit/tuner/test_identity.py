"""Tests of the search id: it ignores changes that builds make to the hypermodel."""

import keras_tuner
import pytest

import kubenas
from kubenas.tuner.hypermodel_digest import HypermodelDigest
from kubenas.tuner.preparation import prepare_search
from tests.unit.tuner.models import regression

pytestmark = pytest.mark.filterwarnings("ignore")


class Counting(keras_tuner.HyperModel):
    """A HyperModel that changes its state in build()."""

    def __init__(self):
        super().__init__()
        self.builds = 0

    def build(self, hp):
        self.builds += 1
        for layer in range(hp.Int("layers", 1, 2)):
            hp.Int(f"width_{layer}", 4, 8)
        return regression(hp)


def search_of(folder, monkeypatch, *, seconds=20.0, **options):
    monkeypatch.setattr("kubenas.tuner.tuner._EXPLORATION_SECONDS", seconds)
    tuner = kubenas.Tuner(Counting(), "val_loss", output=folder, **options)
    with prepare_search(
        tuner, tuner._settings, tuner._hypermodel_digest, (), {}, overwrite=False
    ) as context:
        return context.search_id


def test_the_search_id_does_not_depend_on_the_exploration(tmp_path, monkeypatch):
    one = search_of(tmp_path, monkeypatch)
    assert search_of(tmp_path, monkeypatch, seconds=0.0) == one
    hp = keras_tuner.HyperParameters()
    hp.Int("layers", 1, 3)
    assert search_of(tmp_path, monkeypatch, hyperparameters=hp) != one


def test_changes_after_the_builds_change_the_digest():
    model = Counting()
    content = HypermodelDigest(model)
    before = content.digests(model)
    model.builds = 5
    content.update_after_build(model)
    assert content.digests(model) == before
    model.builds = 6
    assert content.digests(model) != before
