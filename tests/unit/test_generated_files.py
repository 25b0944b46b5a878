"""Files that are made from others are current: the chart's, and the images' locks."""

import re
from pathlib import Path

import pytest

from helm.document import files
from kubenas import __version__

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"(?m)^([a-z0-9][a-z0-9._-]*)(?:\[.*\])?==(\S+)")


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / lock).read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_the_charts_readme_and_schema_are_those_of_its_values(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == files()[path], "run `make pipeline`"


def test_the_chart_has_the_version_of_the_package() -> None:
    chart = (ROOT / "helm/kubenas/Chart.yaml").read_text(encoding="utf-8")
    assert f"version: {__version__}\n" in chart
    assert f'appVersion: "{__version__}"\n' in chart


LOCKS = ["docker/cpu.lock", "docker/gpu.lock", "docker/build.lock", "release.lock"]


@pytest.mark.parametrize("lock", ["requirements.lock", *LOCKS])
def test_a_lock_has_a_hash_for_each_package(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    packages = re.findall(r"(?m)^[a-z0-9].*(?:\n .*)*", text)
    assert len(packages) >= len(pins(lock)) >= 5
    assert all("--hash=sha256:" in package for package in packages)


@pytest.mark.parametrize("lock", LOCKS)
def test_images_hold_the_versions_that_are_tested(lock: str) -> None:
    tested, held = pins("requirements.lock"), pins(lock)
    assert {package: tested[package] for package in held if package in tested} == {
        package: version for package, version in held.items() if package in tested
    }
    assert len(held) >= 5


def test_both_images_hold_tensorflow_and_the_same_of_everything_else() -> None:
    cpu, gpu = pins("docker/cpu.lock"), pins("docker/gpu.lock")
    assert cpu["tensorflow-cpu"] == gpu["tensorflow"]
    assert {name for name in gpu.keys() - cpu.keys() if not name.startswith("nvidia-")} <= {
        "tensorflow"
    }
    assert cpu.keys() - gpu.keys() <= {"tensorflow-cpu"}
