"""kubenas.Tuner with its output in a bucket on a real server, and real worker processes."""

from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

import kubenas
from kubenas.storage import open_storage
from tests.contracts.storage.servers import BUCKET, fake_gcs_server, moto_server

pytestmark = [pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
SERVERS = {"gs": fake_gcs_server, "s3": moto_server}


@pytest.fixture(params=SERVERS)
def output(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """URI of an empty folder."""
    with SERVERS[request.param]() as url:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        yield f"{request.param}://{BUCKET}/teams/tuner"


def test_data_go_to_the_bucket_and_models_come_from_it(output: str) -> None:
    def build(hp):
        units = hp.Int("units", 1, 8)
        model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(units)])
        model.add(keras.layers.Dense(1))
        model.compile("adam", loss="mse")
        return model

    random = np.random.default_rng(0)
    x = random.normal(size=(4096, 8)).astype("float32")
    y = x.sum(axis=1, keepdims=True)
    held_out = tf.data.Dataset.from_tensor_slices((x[:256], y[:256])).batch(64)

    def search():
        tuner = kubenas.Tuner(build, "val_loss", 2, output=output, oracle="random")
        tuner.search(x, y, batch_size=512, validation_data=held_out, verbose=0)
        return tuner

    tuner = search()
    best = tuner.oracle.get_best_trials()[0]
    (model,) = tuner.get_best_models()
    assert model.evaluate(held_out, verbose=0) == pytest.approx(best.score, rel=1e-4)
    names = [each.name for each in open_storage(output).list()]
    again = search()
    assert {*again.oracle.trials} == {"0", "1"}
    # Neither data nor trials: only what is written at the end of each call is written once more.
    assert [each.name for each in open_storage(output).list()] == names
