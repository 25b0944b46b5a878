"""Near duplicates among texts."""

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubenas.data.kinds.near_duplicates import NearDuplicates
from kubenas.data.kinds.text.near_duplicates import (
    HASHES,
    find_near_duplicates,
    shingles,
    signature,
)

VOCABULARY = [f"word{number}" for number in range(2_000)]


def find(texts: Sequence[str], read: list[int] | None = None) -> NearDuplicates:
    """Groups texts. The numbers of the texts that are compared are added to ``read``."""

    def stored(positions: npt.NDArray[np.intp]) -> list[bytes]:
        if read is not None:
            read.extend(positions.tolist())
        return [texts[position].encode() for position in positions]

    return find_near_duplicates(np.stack([signature(text) for text in texts]), stored)


def groups(texts: Sequence[str]) -> list[int]:
    found = find(texts)
    assert not found.too_similar
    return [int(group) for group in found.groups]


def sentence(seed: int, words: int = 12) -> str:
    return " ".join(random.Random(seed).choices(VOCABULARY, k=words))


OTHERS = [sentence(seed) for seed in range(10)]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("The Cat sat, on the mat.", "the cat sat on the mat"),
        ("Wie geht's? Gut!", "wie geht s gut"),
        ("a  b\tc\nd", "a b c d"),
        ("\u00c4PFEL UND BIRNEN ESSEN", "\u00e4pfel und birnen essen"),
        ("yes", "Yes!"),
    ],
)
def test_case_punctuation_and_spaces_do_not_count(one: str, two: str) -> None:
    assert groups([one, two, *OTHERS])[0] == groups([one, two, *OTHERS])[1]


def test_one_word_changed_in_a_long_text_leaves_a_near_duplicate() -> None:
    words = sentence(99, 120).split()
    changed = [*words[:60], "otherwise", *words[61:]]
    found = groups([" ".join(words), " ".join(changed), *OTHERS])
    assert found[0] == found[1]
    assert len(set(found)) == 1 + len(OTHERS)


def test_one_word_changed_in_a_short_text_makes_another_text() -> None:
    found = groups(["the film was good", "the film was bad", *OTHERS])
    assert len(set(found)) == 2 + len(OTHERS)


def letters(seed: int, first: int, last: int) -> str:
    return "".join(map(chr, random.Random(seed).choices(range(first, last), k=40)))


@pytest.mark.parametrize(
    ("first", "last"),
    [(0x4E00, 0x9FFF), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x0E01, 0x0E3A), (0x1780, 0x17B3)],
)
def test_letters_of_scripts_without_spaces_are_words(first: int, last: int) -> None:
    texts = [letters(seed, first, last) for seed in range(20)]
    changed = [f"{text[:20]}{chr(last)}\u3002{text[21:]}" for text in texts]
    found = np.array(groups([*texts, *changed])).reshape(2, -1)
    assert len(np.unique(found)) == 20
    assert np.array_equal(*found)


def test_words_and_letters_without_spaces_may_touch() -> None:
    assert shingles("iPhone\u5f88\u597d\u7528") == shingles("iPhone \u5f88, \u597d \u7528")


@pytest.mark.parametrize(
    "texts", [("good", "bad"), ("not good", "good not"), ("?", "!"), ("a", "")]
)
def test_different_texts_of_a_few_words_are_different(texts: tuple[str, str]) -> None:
    found = groups([*texts, *OTHERS])
    assert found[0] != found[1]


def test_texts_that_share_a_signature_line_are_different() -> None:
    """Boilerplate of the same length as what differs."""
    boilerplate = sentence(1, 12)
    found = groups([f"{sentence(seed, 14)} {boilerplate}" for seed in range(2, 30)])
    assert len(set(found)) == 28


def test_boilerplate_that_is_most_of_every_text_is_reported() -> None:
    boilerplate = sentence(1, 200)
    found = find([f"{sentence(seed, 3)} {boilerplate}" for seed in range(2, 40)])
    assert found.too_similar
    assert found.groups.tolist() == list(range(38))


def test_a_group_of_half_the_texts_is_accepted() -> None:
    copies = [sentence(77) + "!" * number for number in range(10)]
    assert len(set(groups([*copies, *OTHERS]))) == 11


def test_two_texts_may_be_near_duplicates() -> None:
    assert groups(["one and only", "One and only."]) == [0, 0]
    assert groups(["one and only"]) == [0]


def test_near_duplicates_of_near_duplicates_are_in_one_group() -> None:
    words = sentence(5, 90).split()
    versions = [" ".join([f"new{n}", *words[:n], *words[n + 1 :]]) for n in (20, 40, 60)]
    found = groups([*versions, *OTHERS])
    assert len(set(found[:3])) == 1


def test_most_pairs_of_the_similarity_limit_and_all_nearer_pairs_are_found() -> None:
    texts, pairs = [], 200
    for seed in range(pairs):
        words = sentence(seed, 100).split()
        texts += [" ".join(words), " ".join([*words[:50], "x", *words[51:]])]
    found = np.array(groups(texts)).reshape(pairs, 2)
    assert (found[:, 0] == found[:, 1]).mean() > 0.97
    assert len(np.unique(found)) >= pairs


def test_different_sentences_are_never_near_duplicates() -> None:
    assert len(set(groups([sentence(seed) for seed in range(3_000)]))) == 3_000


@given(st.text(), st.text())
def test_signatures_of_any_text_depend_on_its_shingles_alone(one: str, two: str) -> None:
    first, second = signature(one), signature(two)
    assert first.shape == (HASHES,)
    assert first.dtype == np.uint32
    if shingles(one) == shingles(two):
        assert np.array_equal(first, second)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=12, unique=True))
def test_groups_have_equal_words_together_and_are_numbered_from_zero(texts: list[str]) -> None:
    found = find(texts)
    assert set(found.groups.tolist()) == set(range(len(set(found.groups.tolist()))))
    if not found.too_similar:
        by_shingles: dict[frozenset[int], set[int]] = {}
        for text, group in zip(texts, found.groups.tolist(), strict=True):
            by_shingles.setdefault(shingles(text), set()).add(group)
        assert all(len(some) == 1 for some in by_shingles.values())


def test_few_texts_are_compared_in_full() -> None:
    """20,000 different texts, and 2,000 near duplicates of them: nearly linear work."""
    texts = [sentence(seed) for seed in range(20_000)]
    texts += [text.upper() for text in texts[:2_000]]
    read: list[int] = []
    found = find(texts, read)
    assert len(np.unique(found.groups)) == 20_000
    assert len(read) <= 2 * 2 * 2_000


def test_many_copies_of_one_text_are_compared_with_their_neighbours_alone() -> None:
    copies = [f"{'!' * number} {sentence(3)}" for number in range(2_000)]
    read: list[int] = []
    found = find([*copies, *(sentence(seed) for seed in range(10, 2_100))], read)
    assert len(np.unique(found.groups[:2_000])) == 1
    assert len(read) <= 2 * 8 * 2_000
