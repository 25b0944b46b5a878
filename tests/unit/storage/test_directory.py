"""Directories as stores: permissions, full disks and killed writers."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kubenas.errors import StorageError, UserError
from kubenas.storage import open_storage

_WRITE_MUCH = """
import resource, signal, sys
from kubenas.errors import StorageFull
from kubenas.storage import open_storage
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    open_storage(sys.argv[1]).create("big", bytes(100_000))
except StorageFull as error:
    print(error)
"""

_WRITE_FOR_EVER = """
import sys
from kubenas.storage import open_storage
print("ready", flush=True)
while True:
    open_storage(sys.argv[1]).write("object", bytes(5_000_000))
"""


def test_a_full_disk_is_an_error_and_leaves_no_files(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    done = subprocess.run(
        [sys.executable, "-c", _WRITE_MUCH, tmp_path], capture_output=True, text=True, check=True
    )
    assert "the disk is full" in done.stdout
    assert list(open_storage(str(tmp_path)).list()) == []


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="file"):
        open_storage(str(tmp_path / "file")).write("x", b"")


def test_a_killed_writer_leaves_no_incomplete_object(tmp_path: Path) -> None:
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITE_FOR_EVER, tmp_path], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(0.05)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        for info in open_storage(str(tmp_path)).list():
            assert (info.name, info.size) == ("object", 5_000_000)


def test_an_unknown_scheme_is_a_user_error() -> None:
    with pytest.raises(UserError, match="ftp://"):
        open_storage("ftp://host/folder")


def test_a_name_that_is_too_long_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="too long"):
        open_storage(str(tmp_path)).exists("x" * 5000)
