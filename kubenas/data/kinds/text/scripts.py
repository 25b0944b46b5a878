"""Scripts that write words without spaces between them."""

import re

_RANGES = (
    r"\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Han
    r"\u3041-\u309f"  # Hiragana
    r"\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Katakana
    r"\u0e01-\u0e3a\u0e40-\u0e4e"  # Thai
    r"\u0e81-\u0ece\u0edc-\u0edf"  # Lao
    r"\u1780-\u17d3\u17d7\u17dc-\u17dd"  # Khmer
    r"\u1000-\u103f\u1050-\u108f\u109a-\u109d\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa7f"  # Myanmar
)

UNSPACED = re.compile(f"[{_RANGES}]")
"""A letter or a vowel sign of Han, Hiragana, Katakana, Thai, Lao, Khmer or Myanmar."""

WORD = re.compile(rf"[{_RANGES}]|[^\W{_RANGES}]+")
"""A letter of these scripts, or a word of others."""


def count_letters(text: str) -> tuple[int, int]:
    """Returns the number of letters of these scripts in a text, and that of all letters."""
    others = UNSPACED.sub("", text)
    unspaced = len(text) - len(others)
    return unspaced, unspaced + sum(map(str.isalpha, others))
