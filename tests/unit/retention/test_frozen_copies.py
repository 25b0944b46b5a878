"""Frozen code and weights are deleted when no run needs them, on real folders."""

from pathlib import Path
from typing import Any

import pytest

from kubenas.config import Config, RetentionConfig, parse_config
from kubenas.retention.frozen import find_copies, pending_copies
from kubenas.retention.garbage import Reason, find_garbage
from kubenas.retention.inventory import Inventory, read_searches
from kubenas.retention.sweep import sweep
from kubenas.search.definition import define
from kubenas.search.journal.journal import Journal
from kubenas.search.journal.records import Closed, Opened
from kubenas.search.layout import definition_file, search_folder
from kubenas.steps.setup.frozen_space import FrozenSpace, freeze_space
from kubenas.storage import open_storage
from tests.unit.spaces.transfer.backbones import write_backbone

KEEP_ONE = RetentionConfig(searches=1)
CODE = "import keras_tuner\nclass Mine(keras_tuner.HyperModel): width = {}\n"


class Project:
    """A user's folder with code and weights, and the searches with their versions."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "mine"
        self.folder.mkdir()
        self.output = open_storage(str(root / "code"))  # the name of the folder of the copies
        self.searches = 0

    def config(self, version: int, *, weights: bool = False) -> Config:
        """Writes a version of the files and returns the config that names them."""
        space: dict[str, Any] = {"hypermodel": f"{self.folder}/mine.py:Mine"}
        (self.folder / "mine.py").write_text(CODE.format(version))
        if weights:
            file = write_backbone(self.folder / "net.keras", seed=version)
            space = {"name": "transfer", "weights": str(file)}
        content = {"name": "n", "output": self.output.uri, "data": {"source": "digits"}}
        return parse_config({**content, "space": space}, origin="test")

    def freeze(self, version: int, *, weights: bool = False) -> FrozenSpace:
        frozen = freeze_space(self.config(version, weights=weights))
        frozen.write(self.output)
        return frozen

    def search(self, version: int, *, weights: bool = False) -> str:
        """Adds a search and returns the folder of its copy."""
        frozen = self.freeze(version, weights=weights)
        config = self.config(version, weights=weights)
        definition = define(config, dataset="d", dataset_digest="d", space=frozen.space)
        self.output.create(definition_file(definition.id), definition.to_json())
        journal = Journal(self.output, search_folder(definition.id))
        self.searches += 1
        for record in (Opened(at=self.searches, controller="c"), Closed(at=9.0, reason="budget")):
            journal.append(record.model_copy(update={"at": float(self.searches)}))
        return frozen.folder

    def inventory(self, config: Config, **changes: Any) -> Inventory:
        objects = tuple(self.output.list())
        pending = pending_copies(self.output, config)
        searches = read_searches(self.output, objects)
        return Inventory(objects, searches, pending_copies=pending, **changes)

    def copies_after_gc(self, config: Config, **changes: Any) -> set[str]:
        """Returns the folders of the copies that are left."""
        sweep(self.output, find_garbage(self.inventory(config, **changes), KEEP_ONE))
        names = [info.name.split("/") for info in self.output.list()]
        return {"/".join(name[:2]) for name in names if name[0] in {"code", "weights"} and name[2:]}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize("weights", [False, True])
def test_copies_of_earlier_searches_are_deleted(project: Project, weights: bool) -> None:
    earlier, latest = (project.search(version, weights=weights) for version in (1, 2))
    config = project.config(2, weights=weights)
    assert project.copies_after_gc(config, running=True) == {earlier, latest}
    found = find_garbage(project.inventory(config), KEEP_ONE)
    copies = [each.name for each in found if each.reason == Reason.COPY]
    assert copies
    assert all(name.startswith(f"{earlier}/") for name in copies)
    assert project.copies_after_gc(config) == {latest}


def test_the_copies_of_the_kept_search_and_of_the_next_one_stay(project: Project) -> None:
    project.search(1)
    kept, following = project.search(2), project.freeze(3).folder
    assert project.copies_after_gc(project.config(3)) == {kept, following}


def test_a_submitted_run_that_waits_keeps_its_copy(project: Project) -> None:
    searched, begun, submitted = project.search(1), project.freeze(2), project.freeze(3)
    config = project.config(2)
    space = config.space.model_copy(update={"hypermodel": begun.space.hypermodel})
    shipped = config.model_copy(update={"space": space})
    assert project.copies_after_gc(shipped) == {searched, begun.folder, submitted.folder}
    assert project.copies_after_gc(config) == {searched, submitted.folder}


def test_copies_are_kept_if_a_search_is_unreadable_or_there_is_none(project: Project) -> None:
    first, config = project.freeze(1).folder, project.config(1)
    project.freeze(2)
    assert first in project.copies_after_gc(config)
    project.search(3)
    damaged = next(info.name for info in project.output.list() if "/journal/" in info.name)
    project.output.write(damaged, b"torn")
    assert first in project.copies_after_gc(config)


def test_copies_are_found_at_any_location() -> None:
    document = b'{"hypermodel": "gs://b/code/code/0123456789ab/mine.py:M", "weights": "code/x/y"}'
    assert find_copies(document) == {"code/0123456789ab"}
