"""Finished runs on disk, one line a run: what is there is not run again."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from searching.simulation import Conditions, Run, from_json, to_json


class Results:
    """A folder a set of conditions, in it a file an algorithm. One process writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self, conditions: Conditions, algorithm: str, version: str, seed: int, run: Run
    ) -> None:
        """Keeps a run."""
        file = self._file(conditions, algorithm)
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "conditions.json").write_text(json.dumps(asdict(conditions)) + "\n")
        line = json.dumps({"version": version, "seed": seed, **to_json(run)})
        # A line that a kill cut short is ended first, and is then skipped as no line of ours.
        cut = file.exists() and not file.read_bytes().endswith(b"\n")
        with file.open("a") as stream:
            stream.write("\n" * cut + line + "\n")

    def seeds(self, conditions: Conditions, algorithm: str, version: str) -> set[int]:
        """The seeds that ``version`` has been run with."""
        lines = _lines(self._file(conditions, algorithm))
        return {line["seed"] for line in lines if line["version"] == version}

    def runs(self, conditions: Conditions, algorithm: str) -> dict[int, Run]:
        """The runs of the version that ran last, by seed."""
        lines = list(_lines(self._file(conditions, algorithm)))
        last = lines[-1]["version"] if lines else ""
        return {line["seed"]: from_json(line) for line in lines if line["version"] == last}

    def version(self, conditions: Conditions, algorithm: str) -> str:
        """The version that :meth:`runs` gives."""
        lines = list(_lines(self._file(conditions, algorithm)))
        return str(lines[-1]["version"]) if lines else ""

    def conditions(self) -> list[Conditions]:
        """All conditions that anything was run under."""
        files = sorted(self.folder.glob("*/conditions.json"))
        return [Conditions(**json.loads(file.read_text())) for file in files]

    def algorithms(self, conditions: Conditions) -> list[str]:
        """What was run under them."""
        return sorted(file.stem for file in self._of(conditions).glob("*.jsonl"))

    def _of(self, conditions: Conditions) -> Path:
        name = f"{conditions.table}.{conditions.in_flight}.{conditions.budget}"
        name += ".noisy" if conditions.noisy else ""
        name += f".infeasible-{conditions.infeasible:g}" if conditions.infeasible else ""
        name += ".even" if conditions.even else ""
        return self.folder / name

    def _file(self, conditions: Conditions, algorithm: str) -> Path:
        return self._of(conditions) / f"{algorithm}.jsonl"


def _lines(file: Path) -> Iterator[dict[str, object]]:
    if not file.exists():
        return
    for text in file.read_text().split("\n"):
        try:
            line = json.loads(text)
        except ValueError:
            continue
        yield line
