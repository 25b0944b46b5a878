"""Example records of the champion log."""

from kubenas.serving.champion import ChampionModel, ChampionRecord, ModelMetrics
from kubenas.trial import SpaceRef

OUTPUT = "minio://models/digits"


def record(number: int = 3, folder: str = f"{OUTPUT}/searches/abc/export/a1") -> ChampionRecord:
    model = ChampionModel(
        search="abc",
        trial=7,
        saved_model=f"{folder}/saved_model",
        keras_model=f"{folder}/model.keras",
        space=SpaceRef(name="layers"),
        labels=("0", "1"),
        input_shape=(8, 8, 1),
        dataset=f"{OUTPUT}/data/d",
        dataset_digest="d" * 64,
        test=ModelMetrics(examples=9, accuracy=0.9, loss=0.1, macro_f1=0.9),
    )
    return ChampionRecord(number=number, action="promoted", model=model, why="better", at=0.0)
