"""Progress display of a run: bars on a terminal, otherwise a line every half minute."""

import sys
import time
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from kubenas.search.progress import describe_done
from kubenas.steps.process import Status, StepOutcome
from kubenas.terminal import terminal_safe

_LINE_SECONDS = 30.0


class Display(Protocol):
    """A progress display; a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, status: Status | None, outcomes: list[StepOutcome]) -> None:
        """Shows the latest state."""
        ...


def make_display() -> Display:
    """Returns the display for standard error."""
    return TerminalDisplay() if sys.stderr.isatty() else LineDisplay()


class TerminalDisplay:
    """A progress bar for each step."""

    def __init__(self) -> None:
        self._bars = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<9}"),
            BarColumn(bar_width=28),
            TimeElapsedColumn(),
            TextColumn("{task.fields[words]}", markup=False),
            console=Console(stderr=True),
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, status: Status | None, outcomes: list[StepOutcome]) -> None:
        for outcome in outcomes:
            if outcome.state in {"due", "skipped"}:
                continue
            bar = self._bar(outcome.step)
            if outcome.state == "done":
                self._bars.update(bar, total=1, completed=1, words="")
            elif status is not None and status.step == outcome.step:
                done, total = bar_position(status.progress)
                self._bars.update(bar, total=total, completed=done, words=describe_progress(status))

    def _bar(self, step: str) -> TaskID:
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(step, total=None, words="")
        return self._tasks[step]


class LineDisplay:
    """A line at the end of each step and every half minute."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._said = time.monotonic()
        self._done: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def show(self, status: Status | None, outcomes: list[StepOutcome]) -> None:
        for outcome in outcomes:
            if outcome.state == "done" and outcome.step not in self._done:
                self._done.add(outcome.step)
                self._say(f"{outcome.step}: done in {outcome.seconds:.0f} s")
        if status is not None and time.monotonic() - self._said >= _LINE_SECONDS:
            self._say(f"{status.step}: {describe_progress(status)}")

    def _say(self, text: str) -> None:
        self._said = time.monotonic()
        self._console.print(text, markup=False)


def describe_progress(status: Status) -> str:
    """Formats ``status`` in one line."""
    progress = status.progress
    if not progress:
        return terminal_safe(status.detail)
    parts = [
        describe_done(progress["done"], progress["total"]),
        f"{len(progress['running'])} running",
    ]
    if progress["best_score"] is not None:
        parts.append(f"best {progress['best_score']:.4f} (trial {progress['best_trial']})")
    if progress["seconds_left"] is not None:
        parts.append(f"about {_duration(progress['seconds_left'])} left")
    parts += progress.get("used", ())
    return " · ".join(parts)


def bar_position(progress: dict[str, Any]) -> tuple[float, float | None]:
    """Returns what is done and the total: trials, or else seconds. None: not known."""
    if not progress:
        return 0, None
    left = progress["seconds_left"]
    if progress["total"] is not None or left is None:
        return progress["done"], progress["total"]
    return progress["seconds"], progress["seconds"] + left


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
