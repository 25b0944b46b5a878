"""Records that name a search by what is no search's id, but a path."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from kubenas.reporting.lineage import Lineage
from kubenas.reporting.tables.leaderboard import Leaderboard
from kubenas.search.definition import SearchDefinition
from kubenas.serving.champion import ChampionModel
from kubenas.steps.process import Status
from kubenas.steps.report.summary import Summary
from kubenas.trial import AttemptSpec
from kubenas.tuner.search_view import LatestSearch

NAMED = (AttemptSpec, ChampionModel, LatestSearch, Leaderboard, Lineage, Status, Summary)
FIELDS = [(SearchDefinition, "id"), *((kind, "search") for kind in NAMED)]


def faults(kind: type[BaseModel], content: dict[str, Any]) -> dict[tuple[Any, ...], str]:
    with pytest.raises(ValidationError) as raised:
        kind.model_validate({"no such field": 1, **content})
    return {error["loc"]: error["type"] for error in raised.value.errors()}


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_a_search_is_named_by_the_name_of_a_folder(kind: type[BaseModel], field: str) -> None:
    for path in ("../other", "..", ".", ".hidden", "a/b", "", "a b", "a\n", "x" * 101):
        assert faults(kind, {field: path})[field,] == "string_pattern_mismatch", path
    for name in ("digits-0123456789", "s", "A_b.c", "x" * 100):
        assert (field,) not in faults(kind, {field: name})
