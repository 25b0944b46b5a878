"""The vocabulary and the length of texts."""

from collections.abc import Iterator

import pytest

from kubenas.data.kinds.text import vocabulary
from kubenas.data.kinds.text.vocabulary import MAX_LENGTH, FittedTexts, fit_texts, split_of
from kubenas.errors import UserError

CHINESE = [
    "\u4eca\u5929\u5929\u6c14\u5f88\u597d\u6211\u4eec\u53bb\u516c\u56ed\u6563\u6b65\u5427\u4e00\u8d77",
    "\u4ed6\u6628\u5929\u665a\u4e0a\u770b\u4e86\u4e00\u573a\u975e\u5e38\u7cbe\u5f69\u7684\u8db3\u7403\u6bd4\u8d5b",
    "\u8fd9\u5bb6\u9910\u5385\u7684\u83dc\u5473\u9053\u4e0d\u9519\u4f46\u662f\u4ef7\u683c\u6709\u70b9\u592a\u8d35\u4e86",
]


def fit(*texts: str) -> FittedTexts:
    return fit_texts([text.encode() for text in texts])


def words(*texts: str) -> tuple[str, ...]:
    return fit(*texts).form.vocabulary


def test_the_most_frequent_words_are_first() -> None:
    assert words("b a a c", "a b", "a") == ("a", "b", "c")


def test_equally_frequent_words_have_the_same_order_in_any_order_of_the_texts() -> None:
    texts = [f"w{number} v{number}" for number in range(700)]
    assert words(*texts) == words(*texts[::-1])


def test_case_and_punctuation_do_not_count() -> None:
    assert words("Good, GOOD good!", "(good) \u00e4pfel") == ("good", "\u00e4pfel")


def test_the_vocabulary_is_limited_to_the_most_frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "MAX_WORDS", 5)
    found = fit("a a a a b b b c c", "d e f g")
    assert found.form.vocabulary == ("a", "b", "c")  # with padding and the unknown word


@pytest.mark.parametrize(
    ("lengths", "length"),
    [
        ([3], 8),
        ([8], 8),
        ([9], 16),
        ([5] * 98 + [900] * 2, 8),  # the longest 2 % do not count
        ([5] * 90 + [100] * 10, 104),
        ([MAX_LENGTH + 1] * 3, MAX_LENGTH),
    ],
)
def test_nearly_all_texts_are_read_completely(lengths: list[int], length: int) -> None:
    found = fit(*("word " * count for count in lengths))
    assert found.length == length
    complete = sum(count <= length for count in lengths) / len(lengths)
    assert found.read_completely == pytest.approx(complete)


def test_words_beyond_the_length_belong_to_the_vocabulary() -> None:
    assert "last" in words("first " * 600 + "last")


def test_scripts_without_spaces_are_split_into_characters() -> None:
    found = fit(*CHINESE)
    assert found.form.split == "character"
    assert found.form.vocabulary[0] in "\u5929\u4e86\u7684\u4e00"
    assert all(len(character) == 1 for character in found.form.vocabulary)
    assert found.length == 24


@pytest.mark.parametrize(
    ("texts", "split"),
    [
        (["ordinary words of a language"], "whitespace"),
        (["Donaudampfschifffahrtsgesellschaft f\u00e4hrt heute nicht"], "whitespace"),
        ([], "whitespace"),
        ([" "], "whitespace"),
        (CHINESE, "character"),
        (["x" * 100], "character"),
        (["\u5f88\u597d\u7684\u8cea\u91cf", "\u4e0d\u597d\u7528 5 \u661f"], "character"),
        (
            ["\u0e2d\u0e32\u0e2b\u0e32\u0e23 \u0e23\u0e32\u0e04\u0e32"],
            "character",
        ),
        (["\u9762\u767d\u3044\u6620\u753b\u3067\u3059", "\u30c6\u30ec\u30d3"], "character"),
        (["\uff83\uff9a\uff8b\uff9e \u597d", "\u1794\u17b6\u1793", "\u1019\u103c"], "character"),
        (["the word \u597d means good in Chinese"], "whitespace"),
        (["\uc601\ud654\uac00 \uc815\ub9d0 \uc7ac\ubbf8\uc788\ub2e4"], "whitespace"),  # Korean
        (
            ["\u0444\u0438\u043b\u044c\u043c \u0445\u043e\u0440\u043e\u0448\u0438\u0439"],
            "whitespace",
        ),
        (["\u3002\u3001 \uff01 12 \U0001f600"], "whitespace"),  # no letters
    ],
)
def test_the_script_or_the_mean_length_of_words_decides_on_the_split(
    texts: list[str], split: str
) -> None:
    assert split_of(text.encode() for text in texts) == split


@pytest.mark.parametrize("texts", [["!!!"], ["?", "..."], ["-" * 40, "=" * 30], [""], [" \n"]])
def test_texts_without_any_word_are_refused(texts: list[str]) -> None:
    with pytest.raises(
        UserError, match=r"^data\.source: the training texts have no words"
    ) as found:
        fit(*texts)
    assert "\n" not in str(found.value)


def test_some_texts_without_words_are_accepted() -> None:
    found = fit("", "!?", "word", "\U0001f600")
    assert set(found.form.vocabulary) == {"word", "\U0001f600"}
    assert (found.length, found.read_completely) == (8, 1)


def test_the_texts_are_read_twice() -> None:
    class Repeatable:
        """1,300 texts, counted."""

        begun = 0

        def __iter__(self) -> Iterator[bytes]:
            self.begun += 1
            return (b"a b" for _ in range(1_300))

    texts = Repeatable()
    assert fit_texts(texts).form.vocabulary == ("b", "a")
    assert texts.begun == 2


def test_very_long_words_are_unknown_but_count_for_the_length() -> None:
    found = fit("\u00e4" * 100 + " a" * 60 + f" {'b' * 101}" * 4)
    assert set(found.form.vocabulary) == {"a", "\u00e4" * 100}
    assert found.length == 72
