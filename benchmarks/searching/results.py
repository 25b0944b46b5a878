"""Storage of finished runs, one JSON line per run. Stored runs are not repeated."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from searching.simulation import Conditions, Run, from_json, to_json


class Results:
    """A folder per set of conditions, with a file per algorithm. Only one process may write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self, conditions: Conditions, algorithm: str, version: str, seed: int, run: Run
    ) -> None:
        """Stores a run."""
        file = self._file(conditions, algorithm)
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "conditions.json").write_text(json.dumps(asdict(conditions)) + "\n")
        line = json.dumps({"version": version, "seed": seed, **to_json(run)})
        # A line that was truncated by a kill is ended first. It is skipped when read.
        cut = file.exists() and not file.read_bytes().endswith(b"\n")
        with file.open("a") as stream:
            stream.write("\n" * cut + line + "\n")

    def seeds(self, conditions: Conditions, algorithm: str, version: str) -> set[int]:
        """Returns the seeds of stored runs of ``version``."""
        lines = _lines(self._file(conditions, algorithm))
        return {line["seed"] for line in lines if line["version"] == version}

    def runs(self, conditions: Conditions, algorithm: str) -> dict[int, Run]:
        """Returns the runs of the latest version, by seed."""
        lines = list(_lines(self._file(conditions, algorithm)))
        last = lines[-1]["version"] if lines else ""
        return {line["seed"]: from_json(line) for line in lines if line["version"] == last}

    def version(self, conditions: Conditions, algorithm: str) -> str:
        """Returns the latest version, to which :meth:`runs` belong."""
        lines = list(_lines(self._file(conditions, algorithm)))
        return str(lines[-1]["version"]) if lines else ""

    def conditions(self) -> list[Conditions]:
        """Returns all conditions with stored runs."""
        files = sorted(self.folder.glob("*/conditions.json"))
        return [Conditions(**json.loads(file.read_text())) for file in files]

    def algorithms(self, conditions: Conditions) -> list[str]:
        """Returns the algorithms with stored runs under ``conditions``."""
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
