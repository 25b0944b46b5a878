"""The schema of a prepared data set: the size of its examples."""

import pytest

from kubenas.data.dataset.schema import (
    DataSchema,
    DType,
    KindName,
    Normalization,
    Shard,
    Split,
    TextForm,
)

EXAMPLES = 100


def schema(kind: KindName, shape: tuple[int, ...], dtype: DType, stored: int) -> DataSchema:
    """Returns a schema whose shards have ``stored`` bytes for each example."""
    shard = Shard(name="a", examples=EXAMPLES, size=stored * EXAMPLES, sha256="")
    split = Split(examples=EXAMPLES, shards=(shard,), class_counts=(EXAMPLES,))
    image = kind == "image"
    return DataSchema(
        kind=kind,
        task=f"{kind}-classification",
        digest="d",
        shape=shape,
        dtype=dtype,
        classes=("a",),
        splits={"train": split, "validation": Split(examples=0, shards=(), class_counts=(0,))},
        normalization=Normalization(mean=(0.0,), variance=(1.0,)) if image else None,
        text=None if image else TextForm(split="whitespace", vocabulary=("word",)),
    )


@pytest.mark.parametrize(("dtype", "size"), [("uint8", 64), ("float32", 256)])
def test_the_size_of_an_image_is_that_of_its_pixels(dtype: DType, size: int) -> None:
    images = schema("image", (8, 8, 1), dtype, stored=size + 49)
    assert images.example_bytes("train") == images.example_bytes("validation") == size


def test_the_size_of_texts_is_the_mean_of_the_stored_ones() -> None:
    texts = schema("text", (16,), "string", stored=113)
    assert texts.example_bytes("train") == 113
    assert texts.example_bytes("validation") == 1
