"""Measures uploads and downloads of data, compared to plain google-cloud-storage.

The same files are transferred by a store of kubenas and by the library's ``transfer_manager``, in
turn, with the same number of threads and the same local server. kubenas also places the files in
its cache. Each transfer runs in its own process, whose peak memory is measured.

    .venv/bin/python benchmarks/staging.py --gib 2
"""

import argparse
import hashlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from object_servers import output

MIB = 1 << 20
WORKERS = 8


def kubenas_up(files: Path, prefix: str, _target: Path) -> None:
    from kubenas.storage import open_storage

    open_storage("gs://benchmark").upload_tree(files, prefix)


def kubenas_down(_files: Path, prefix: str, target: Path) -> None:
    from kubenas.storage import open_storage

    os.environ |= {"KUBENAS_CACHE": str(target), "KUBENAS_CACHE_GIB": "1000"}
    open_storage("gs://benchmark").stage(prefix)


def plain_up(files: Path, prefix: str, _target: Path) -> None:
    from google.cloud import storage
    from google.cloud.storage import transfer_manager

    bucket = storage.Client(project=None).bucket("benchmark")
    names = [path.name for path in files.iterdir()]
    for outcome in transfer_manager.upload_many_from_filenames(
        bucket,
        names,
        source_directory=str(files),
        blob_name_prefix=f"{prefix}/",
        worker_type=transfer_manager.THREAD,
        max_workers=WORKERS,
    ):
        if outcome is not None:
            raise outcome


def plain_down(_files: Path, prefix: str, target: Path) -> None:
    from google.cloud import storage
    from google.cloud.storage import transfer_manager

    client = storage.Client(project=None)
    names = [blob.name for blob in client.list_blobs("benchmark", prefix=f"{prefix}/")]
    for outcome in transfer_manager.download_many_to_path(
        client.bucket("benchmark"),
        names,
        destination_directory=str(target),
        worker_type=transfer_manager.THREAD,
        max_workers=WORKERS,
    ):
        if outcome is not None:
            raise outcome


TRANSFERS: dict[str, Callable[[Path, str, Path], None]] = {
    "kubenas up": kubenas_up,
    "kubenas down": kubenas_down,
    "plain up": plain_up,
    "plain down": plain_down,
}


def one_transfer(name: str, files: Path, prefix: str, target: Path) -> None:
    """Runs in the child process: prints the seconds, without imports, and the peak memory."""

    import kubenas.storage.gcs  # noqa: F401

    began = time.perf_counter()
    TRANSFERS[name](files, prefix, target)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB
    print(json.dumps({"seconds": seconds, "peak": peak}))


def measure_transfer(name: str, files: Path, prefix: str, target: Path) -> tuple[float, float]:
    command = [sys.executable, __file__, "--one", name, str(files), prefix, str(target)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return answer["seconds"], answer["peak"]


def write_files(folder: Path, gib: float, file_mib: int) -> None:
    folder.mkdir()
    for number in range(max(1, round(gib * 1024 / file_mib))):
        with (folder / f"shard-{number:05d}").open("wb") as file:
            for _ in range(file_mib):
                file.write(os.urandom(MIB))


def digests(folder: Path) -> set[str]:
    paths = [path for path in folder.rglob("shard-*") if path.is_file()]
    return {hashlib.file_digest(path.open("rb"), "sha256").hexdigest() for path in paths}


def compare(gib: float, file_mib: int, rounds: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in TRANSFERS}
    peaks: dict[str, float] = dict.fromkeys(TRANSFERS, 0.0)
    with tempfile.TemporaryDirectory() as scratch, output("gs"):
        files = Path(scratch) / "files"
        write_files(files, gib, file_mib)
        expected = digests(files)
        for number in range(rounds):
            # The first of a pair meets a colder server, so the order alternates.
            order = ("kubenas", "plain") if number % 2 == 0 else ("plain", "kubenas")
            for direction in ("up", "down"):
                for who in order:
                    target = Path(scratch) / "target"
                    target.mkdir()
                    name = f"{who} {direction}"
                    took, peak = measure_transfer(name, files, who, target)
                    seconds[name].append(took)
                    peaks[name] = max(peaks[name], peak)
                    if direction == "down" and digests(target) != expected:
                        raise SystemExit(
                            f"{name}: the downloaded files differ from the uploaded ones"
                        )
                    shutil.rmtree(target)
    report(seconds, peaks, gib)


def report(seconds: dict[str, list[float]], peaks: dict[str, float], gib: float) -> None:
    print(f"{gib:g} GiB, {os.cpu_count()} cores, medians of {len(seconds['plain up'])} rounds\n")
    print("| | kubenas s | plain s | ratio | kubenas peak MiB | plain peak MiB |")
    print("|---|---|---|---|---|---|")
    for direction in ("up", "down"):
        ours, theirs = (
            statistics.median(seconds[f"{w} {direction}"]) for w in ("kubenas", "plain")
        )
        peak = " | ".join(f"{peaks[f'{w} {direction}']:.0f}" for w in ("kubenas", "plain"))
        print(f"| {direction} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.2f} | {peak} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gib", type=float, default=2.0)
    parser.add_argument("--file-mib", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        name, files, prefix, target = given.one
        one_transfer(name, Path(files), prefix, Path(target))
    else:
        compare(given.gib, given.file_mib, given.rounds)


if __name__ == "__main__":
    main()
