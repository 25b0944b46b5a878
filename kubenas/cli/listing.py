"""``kubenas spaces`` and ``kubenas oracles``: lists of the registered names."""

from kubenas.cli.answer import Answer
from kubenas.search.oracles import ORACLES
from kubenas.spaces.registry import SPACES


def list_spaces(answer: Answer) -> None:
    """Lists the registered spaces and their options."""
    for space in SPACES:
        answer.line(f"{space.name:<16}{space.kind:<8}{space.summary}")
    answer.put(
        {
            "spaces": [
                {
                    "name": each.name,
                    "kind": each.kind,
                    "summary": each.summary,
                    "options": dict(each.options),
                }
                for each in SPACES
            ]
        }
    )


def list_oracles(answer: Answer) -> None:
    """Lists the search algorithms."""
    for oracle in ORACLES:
        answer.line(f"{oracle.name:<22}{oracle.summary}")
    answer.put({"oracles": [{"name": each.name, "summary": each.summary} for each in ORACLES]})
