"""Limits on the layout of the code, and the map of it in CONTRIBUTING.md."""

import ast
import re
from collections import Counter
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
FOLDERS = ("kubenas", "components", "pipelines", "helm", "benchmarks", "tests")
MODULES = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
OURS = [path for path in MODULES if path.is_relative_to(ROOT / "kubenas")]
SUPPORT = {"__init__.py", "conftest.py"}


def test_a_folder_has_at_most_fifteen_modules() -> None:
    counts = Counter(path.parent for path in MODULES if path.name not in SUPPORT)
    assert {str(folder): n for folder, n in counts.items() if n > 15} == {}


def test_a_module_has_at_most_300_lines() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {str(path): n for path, n in lines.items() if n > 300} == {}


def test_functions_are_short() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in OURS]
    lengths = [
        node.end_lineno - node.lineno + 1
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    ]
    assert median(lengths) <= 10
    assert max(lengths) <= 60


def test_every_file_that_the_map_names_exists() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"\| `([\w/]+\.py)` \|$", page, re.MULTILINE)
    assert len(named) == 20
    assert [name for name in named if not (ROOT / "kubenas" / name).is_file()] == []
