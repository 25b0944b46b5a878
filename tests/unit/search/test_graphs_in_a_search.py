"""Graphs of a space in the oracle: equal networks are proposed once, and limits hold."""

import json

import keras_tuner
import pytest

from kubenas.config import Config
from kubenas.data.dataset.schema import DataSchema
from kubenas.errors import ObjectNotFound, StorageError
from kubenas.search.describe import graph_of
from kubenas.search.journal.records import Ended, Proposed
from kubenas.search.proposals import create_proposer
from kubenas.spaces.layers.hypermodel import LayersHyperModel
from kubenas.spaces.options import LayersOptions
from kubenas.storage import open_storage
from kubenas.trial import Outcome, SpaceRef

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")

SHAPE = (3, 3, 1)
"""Too small for any pooling to do anything."""
SPACE = SpaceRef(name="layers", options={"max_layers": 4})


@pytest.fixture
def graph(tmp_path):
    split = {"examples": 0, "shards": [], "class_counts": [0, 0]}
    schema = DataSchema(
        task="image-classification",
        digest="d",
        shape=SHAPE,
        dtype="uint8",
        classes=("a", "b"),
        splits=dict.fromkeys(("train", "validation", "test"), split),
        normalization={"mean": [0.0], "variance": [1.0]},
    )
    open_storage(str(tmp_path)).write("schema.json", schema.to_json())
    return graph_of(SPACE, str(tmp_path))


def proposer(graph, **search: object):
    hp = keras_tuner.HyperParameters()
    options = LayersOptions.model_validate(SPACE.options)
    LayersHyperModel(input_shape=SHAPE, num_classes=2, options=options).declare_hyperparameters(hp)
    config = Config.model_validate(
        {
            "name": "s",
            "output": "/nowhere",
            "data": {"source": "digits"},
            "search": {"max_trials": 40, "oracle": "bayesian", **search},
        }
    )
    return create_proposer(config, space=json.loads(json.dumps(hp.get_config())), graph=graph)


def drive(oracle, trials: int) -> list:
    records = []
    for number in range(trials):
        proposal = oracle.propose()
        asked = Proposed(
            at=0.0,
            trial=number,
            values=proposal.values,
            oracle_trial=proposal.oracle_trial,
            oracle_state=proposal.state,
        )
        score = sum(map(ord, str(proposal.values))) % 97 / 97
        end = Ended(at=0.0, trial=number, outcome=Outcome.COMPLETED, score=score, epochs=1)
        records += [asked, end]
        oracle.report(proposal.oracle_trial, end)
    return records


def networks(records: list) -> list[dict]:
    return [record.values for record in records if isinstance(record, Proposed)]


def test_poolings_without_effect_make_no_new_network(graph):
    plain = networks(drive(proposer(graph), 1))[0] | {"layers": 1}
    with_pooling = plain | {"layers": 2, "layer_2/kind": "max_pool"}
    assert graph(plain).key == graph(with_pooling).key
    keys = [graph(values).key for values in networks(drive(proposer(graph), 30))]
    assert len(set(keys)) == 30


def test_no_network_beyond_the_limits_is_proposed(graph):
    oracle = proposer(graph, limits={"parameters": 2000}, oracle="random")
    assert max(graph(values).parameters for values in networks(drive(oracle, 25))) <= 2000


def test_a_resumed_search_continues_with_the_same_networks(graph):
    first = proposer(graph)
    records = drive(first, 24)
    again = proposer(graph)
    again.replay(records)
    assert [again.propose().values for _ in range(3)] == [first.propose().values for _ in range(3)]


def test_a_users_space_has_no_graph_and_reads_no_data():
    assert graph_of(SpaceRef(hypermodel="file.py:Mine"), "/nowhere") is None


def test_missing_or_unreadable_data_is_named(tmp_path):
    with pytest.raises(ObjectNotFound, match="no prepared data set found; prepare the data first"):
        graph_of(SPACE, str(tmp_path))
    open_storage(str(tmp_path)).write("schema.json", b"{}")
    with pytest.raises(StorageError, match=r"schema\.json: not a data schema that this version"):
        graph_of(SPACE, str(tmp_path))
