"""Formatting of durations, counts, shares and scores."""

import math
from datetime import UTC, datetime

THIN = "\u202f"
"""Narrow no-break space, used between digits and before units (SI brochure, 5.4)."""

_STEPS = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s"))
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def duration(seconds: float) -> str:
    """Formats ``seconds`` in the two largest units that fit, such as 2 h 05 min."""
    if seconds < 9.95:
        return f"{seconds:.1f}{THIN}s"
    whole = round(seconds)
    for size, unit, smaller, smaller_unit in _STEPS:
        if whole >= size:
            rest = round(whole % size / smaller)
            if rest * smaller == size:  # 119.9 min is 2 h 00 min, not 1 h 60 min
                whole, rest = whole - whole % size + size, 0
            return f"{whole // size}{THIN}{unit} {rest:02d}{THIN}{smaller_unit}"
    return f"{whole}{THIN}s"


def format_time(at: float) -> str:
    """Formats the Unix time ``at`` in UTC, to the minute."""
    return f"{datetime.fromtimestamp(at, tz=UTC):%Y-%m-%d %H:%M} UTC"


def count(number: int) -> str:
    """Formats a whole number with its digits in groups of three."""
    return f"{number:,}".replace(",", THIN)


def plural(number: int, noun: str, many: str | None = None) -> str:
    """Formats ``number`` with the singular or the plural of ``noun``."""
    return f"{count(number)} {noun if number == 1 else many or noun + 's'}"


def compact(number: float, digits: int = 3) -> str:
    """Formats ``number`` with a decimal prefix and ``digits`` significant digits, as 1.23 M."""
    for size, prefix in _PREFIXES:
        if abs(number) >= size * 0.9995:
            return f"{number / size:.{digits}g}{THIN}{prefix}"
    return f"{number:.{digits}g}"


def percent(share: float, digits: int = 1) -> str:
    """Formats a share of one in per cent. A share below one is never rounded up to 100 %."""
    value = 100 * share
    text = f"{value:.{digits}f}"
    if share < 1 and float(text) >= 100:
        text = f"{math.floor(value * 10**digits) / 10**digits:.{digits}f}"
    return f"{text}{THIN}%"


def percent_interval(low: float, high: float) -> str:
    """Formats an interval of shares in per cent, without the unit: 96.2 to 99.4."""
    return " to ".join(percent(share).removesuffix(f"{THIN}%") for share in (low, high))


def is_share(objective: str) -> bool:
    """Whether a metric of this name is a share of the examples, shown in per cent."""
    return objective.endswith("accuracy")


def score(value: float | None, objective: str) -> str:
    """Formats a value of the objective; a dash if there is none."""
    if value is None:
        return "\u2013"
    if not math.isfinite(value):
        return str(value)
    if is_share(objective):
        return percent(value, 2)
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 else f"{value:.4g}"


def spread(value: float | None, objective: str) -> str:
    """Formats a standard deviation of the objective; a dash if there is none."""
    if value is None:
        return "\u2013"
    return "\u00b1" + (percent(value, 2) if is_share(objective) else f"{value:.2g}")


def milliseconds(value: float) -> str:
    """Formats a latency."""
    if value < 9.995:
        return f"{value:.2f}{THIN}ms"
    return f"{value:.1f}{THIN}ms" if value < 99.95 else f"{count(round(value))}{THIN}ms"


def format_value(value: object) -> str:
    """Formats the value of a hyperparameter; floats get four significant digits."""
    if isinstance(value, float) and not isinstance(value, bool):
        return f"{value:.4g}"
    return str(value)


def ascii_spaces(text: str) -> str:
    """Replaces narrow spaces, which terminals and Markdown may show as boxes."""
    return text.replace(THIN, " ")
