"""The contract of :class:`kubenas.data.kinds.kind.ExampleKind`, for every kind."""

import importlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from kubenas.data.dataset.card import read_card
from kubenas.data.dataset.example_index import read_example_index
from kubenas.data.dataset.schema import SPLITS, SplitName, task_of
from kubenas.data.kinds.kind import ExampleKind, Overview
from kubenas.data.kinds.registry import example_kind
from kubenas.data.loading import load_raw
from kubenas.data.preparation.prepare import PreparedDataset
from kubenas.data.source import SourceInfo
from kubenas.errors import UserError
from kubenas.storage import open_storage
from tests.contracts.kinds.conftest import Prepare
from tests.contracts.kinds.reading import (
    counted,
    examples_of,
    hashable,
    split_of_each,
    whole,
)
from tests.contracts.kinds.samples import CLASSES, SAMPLES, Labelled, Sample

OVERVIEW_BYTES = 60_000
"""Of three classes."""


def info_of(prepared: PreparedDataset) -> SourceInfo:
    schema = prepared.schema
    return SourceInfo(schema.input_shape, schema.dtype, schema.classes, (1,) * len(schema.classes))


def test_every_kind_has_a_name_and_a_sample(sample: Sample, kind: ExampleKind) -> None:
    assert kind.name == sample.kind
    assert SAMPLES[kind.name] is sample
    words = (kind.singular, kind.plural, kind.content, kind.origins, kind.linear_features)
    assert all(word and word == word.strip() and "\n" not in word for word in words)


def test_every_kind_has_a_linear_model(kind: ExampleKind) -> None:
    module = importlib.import_module(kind.linear_model)
    assert callable(module.evaluate_linear_model)


def test_the_schema_and_the_card_name_the_kind(sample: Sample, prepared: PreparedDataset) -> None:
    card = read_card(open_storage(prepared.uri))
    assert prepared.schema.kind == card.kind == sample.kind
    assert prepared.schema.task == card.task == task_of(sample.kind)
    assert (card.shape, card.dtype) == (prepared.schema.shape, prepared.schema.dtype)
    assert not [warning for warning in card.warnings if "duplicates" in warning]


def test_every_example_is_stored_once_as_it_was(sample: Sample, prepared: PreparedDataset) -> None:
    expected = Counter((hashable(sample.raw(c)), y) for c, y, _ in sample.examples(240))
    stored = Counter(one for split in SPLITS for one in examples_of(prepared, split))
    assert stored == expected


def test_stored_examples_and_fingerprints_depend_on_the_content_alone(
    sample: Sample, prepared: PreparedDataset, kind: ExampleKind
) -> None:
    info, (dtype, length) = info_of(prepared), kind.fingerprint
    one, again = (kind.store(sample.example(3), info) for _ in range(2))
    assert one.data == again.data
    assert np.array_equal(one.fingerprint, again.fingerprint)
    assert (one.fingerprint.dtype, one.fingerprint.shape) == (np.dtype(dtype), (length,))


def test_keys_are_64_bits_of_content_and_seed(sample: Sample, kind: ExampleKind) -> None:
    keys = [kind.content_key(sample.example(n), seed) for n in range(50) for seed in (1, 2)]
    assert len(set(keys)) == 100
    assert all(0 <= key < 1 << 64 for key in keys)
    assert keys == [kind.content_key(sample.example(n), s) for n in range(50) for s in (1, 2)]
    assert kind.content_key(sample.nearly(sample.example(0)), 1) not in keys


def test_the_order_of_the_source_does_not_matter(
    sample: Sample, prepared: PreparedDataset, prepare: Prepare
) -> None:
    other = prepare(sample.examples(240)[::-1])
    one, two = (read_example_index(open_storage(each.uri)) for each in (other, prepared))
    assert one is not None
    assert two is not None
    assert np.array_equal(one, two)
    assert other.schema.splits == prepared.schema.splits  # with checksums of the shards
    unchanged = {"digest": prepared.schema.digest}
    assert other.schema.model_copy(update=unchanged) == prepared.schema


def test_another_seed_gives_other_splits(
    sample: Sample, prepared: PreparedDataset, prepare: Prepare
) -> None:
    other = split_of_each(prepare(sample.examples(240), seed=2))
    before = split_of_each(prepared)
    assert other.keys() == before.keys()
    assert other != before


def test_examples_keep_their_split_when_others_are_added(
    sample: Sample, prepared: PreparedDataset, prepare: Prepare
) -> None:
    more = split_of_each(prepare([*sample.examples(120, start=240), *sample.examples(240)]))
    before = split_of_each(prepared)
    assert len(more) == 360
    assert before.items() <= more.items()


def test_the_test_split_keeps_one_of_equal_and_nearly_equal_examples(
    sample: Sample, prepared: PreparedDataset, prepare: Prepare
) -> None:
    examples = sample.examples(240)
    copies = [Labelled(c, y) for c, y, _ in examples[:60] for _ in range(2)]
    near = [Labelled(sample.nearly(c), y) for c, y, _ in examples[60:120]]
    found = prepare([*copies, *near, *examples])
    card = read_card(open_storage(found.uri))
    assert (card.duplicates, card.near_duplicates) == (120, 60)
    assert any(f"{warning}".startswith("duplicates: 120;") for warning in card.warnings)
    assert any(f"{warning}".startswith("near duplicates: 60,") for warning in card.warnings)
    seen: set[SplitName] = set()
    for content, _, _ in examples[:60]:
        ((split, count),) = counted(sample, found, content).items()
        assert count == (1 if split == "test" else 3)
        seen.add(split)
    for content, _, _ in examples[60:120]:
        ((split, count),) = counted(sample, found, content, sample.nearly(content)).items()
        assert count == (1 if split == "test" else 2)
    assert seen == set(SPLITS)
    assert card.left_out == card.examples - sum(s.examples for s in found.schema.splits.values())


def test_equal_examples_of_two_classes_are_a_conflict(sample: Sample, prepare: Prepare) -> None:
    examples = sample.examples(60)
    wrong = [Labelled(c, (y + 1) % 3) for c, y, _ in examples[:4]]
    found = prepare([*examples, *wrong])
    card = read_card(open_storage(found.uri))
    assert card.label_conflicts == 8
    (warning,) = [each for each in card.warnings if "of another class" in each]
    assert example_kind(sample.kind).content in warning


def test_only_training_examples_determine_what_is_fitted(sample: Sample, prepare: Prepare) -> None:
    train = [each._replace(split="train") for each in sample.examples(90)]

    def fitted(start: int) -> dict[str, object]:
        held_out = [
            each._replace(split=split)
            for split in ("validation", "test")
            for each in sample.examples(60, start=start + 1000 * len(split))
        ]
        found = prepare([*train, *held_out], name=f"set{start}").schema
        assert found.own_splits == SPLITS
        return found.model_dump(include={"shape", "normalization", "text", "mirror_symmetric"})

    assert fitted(10_000) == fitted(90_000)


def build(kind: ExampleKind, info: SourceInfo, examples: list[Labelled]) -> Overview:
    builder = kind.overview(info)
    for content, label, _ in examples:
        builder.add(kind.store(content, info).data, label)
    return builder.build(CLASSES)


def size_of(overview: Overview) -> int:
    texts = sum(len(text.encode()) for some in overview.samples.values() for text in some)
    return texts + sum(map(len, overview.files.values()))


def test_the_overview_is_small_and_has_each_class(
    sample: Sample, prepared: PreparedDataset, kind: ExampleKind
) -> None:
    info = info_of(prepared)
    some, many = (build(kind, info, sample.examples(count)) for count in (90, 900))
    assert many == some
    assert 0 < size_of(some) < OVERVIEW_BYTES
    assert some.samples.keys() in (set(), set(CLASSES))
    without = [each for each in sample.examples(90) if each.label != 1]
    assert size_of(build(kind, info, without)) < size_of(some)


def test_descriptions_are_single_lines(prepared: PreparedDataset, kind: ExampleKind) -> None:
    schema = prepared.schema
    lines = [kind.describe(schema.shape, schema.dtype), *kind.describe_input(schema.shape)]
    assert len(lines) >= 2
    assert all(line == line.strip() != "" and line.isprintable() for line in lines)


def test_the_same_data_are_reused(sample: Sample, prepare: Prepare) -> None:
    first, again = (prepare(sample.examples(60)) for _ in range(2))
    assert (first.reused, again.reused) == (False, True)
    assert (first.uri, first.schema) == (again.uri, again.schema)
    other = prepare(sample.examples(60), seed=5)
    assert not other.reused
    assert other.uri != first.uri


def test_a_data_set_without_a_shard_is_prepared_again(sample: Sample, prepare: Prepare) -> None:
    first = prepare(sample.examples(60))
    before = whole(load_raw(Path(first.uri), "train", batch_size=8))
    next(Path(first.uri).glob("train-*")).unlink()
    again = prepare(sample.examples(60))
    assert not again.reused
    after = whole(load_raw(Path(again.uri), "train", batch_size=8))
    assert np.array_equal(before.values, after.values)


def test_few_examples_are_prepared_and_one_class_is_refused(
    sample: Sample, prepare: Prepare
) -> None:
    found = prepare([Labelled(sample.example(number), number % 2) for number in range(30)])
    assert all(found.schema.splits["train"].class_counts)
    with pytest.raises(UserError, match="class"):
        prepare([Labelled(sample.example(number), 0) for number in range(30)])
