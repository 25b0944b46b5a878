"""Network faults: every operation succeeds or raises one clear error, and objects stay complete.

Requests go through a proxy that injects faults. The results are checked without the proxy.
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from kubenas.errors import ObjectExists, StorageUnreachable
from kubenas.storage import Storage, open_storage
from kubenas.storage.bucket import Bucket
from kubenas.storage.cache import Cache
from kubenas.storage.gcs import GcsBucket
from kubenas.storage.remote import RemoteStorage
from kubenas.storage.s3.bucket import S3Bucket
from tests.contracts.storage import fault_proxy as faults
from tests.contracts.storage.fault_proxy import Fault, FaultProxy
from tests.contracts.storage.servers import BUCKET

ENDPOINT = {"gs": "STORAGE_EMULATOR_HOST", "s3": "AWS_ENDPOINT_URL_S3"}
PATIENT: dict[str, Callable[[], Bucket]] = {
    "gs": lambda: GcsBucket(BUCKET, retry_seconds=3),
    "s3": lambda: S3Bucket(BUCKET, retry_seconds=8),
}
OLD, NEW = b"old" * 30_000, b"new" * 30_000
BOUND_SECONDS = 30.0


@dataclass(frozen=True)
class Faulty:
    """A store behind the proxy, and the same store without the proxy."""

    behind: RemoteStorage
    past: Storage
    proxy: FaultProxy
    local: Path

    def tree(self, data: bytes) -> Path:
        source = self.local / "source"
        source.mkdir(exist_ok=True)
        (source / "file").write_bytes(data)
        return source


@pytest.fixture(scope="module", params=ENDPOINT)
def proxied(request: pytest.FixtureRequest) -> Iterator[tuple[str, FaultProxy, Bucket]]:
    bucket_uri: str = request.getfixturevalue(request.param)
    variable = ENDPOINT[request.param]
    with faults.fault_proxy(os.environ[variable]) as proxy:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(variable, proxy.url)
            bucket = PATIENT[request.param]()
        yield bucket_uri, proxy, bucket


@pytest.fixture
def faulty(proxied: tuple[str, FaultProxy, Bucket], tmp_path: Path) -> Iterator[Faulty]:
    uri, proxy, bucket = proxied
    folder = uuid.uuid4().hex
    cache = Cache(tmp_path / "cache", limit=1 << 30)
    past = open_storage(f"{uri}/{folder}")
    yield Faulty(RemoteStorage(bucket, folder, cache), past, proxy, tmp_path)
    proxy.heal()


Operation = Callable[[Faulty], None]


def read(faulty: Faulty) -> None:
    assert faulty.behind.read("object") == OLD


def write(faulty: Faulty) -> None:
    faulty.behind.write("object", NEW)
    assert faulty.past.read("object") == NEW


def create(faulty: Faulty) -> None:
    faulty.behind.create("created", NEW)
    assert faulty.past.read("created") == NEW


def create_what_exists(faulty: Faulty) -> None:
    with pytest.raises(ObjectExists):
        faulty.behind.create("object", NEW)
    assert faulty.past.read("object") == OLD


def exists(faulty: Faulty) -> None:
    assert faulty.behind.exists("object")


def listing(faulty: Faulty) -> None:
    assert [info.name for info in faulty.behind.list("obj")] == ["object"]


def delete(faulty: Faulty) -> None:
    faulty.behind.delete("object")
    assert not faulty.past.exists("object")


def upload_tree(faulty: Faulty) -> None:
    faulty.behind.upload_tree(faulty.tree(NEW), "up")
    assert faulty.past.read("up/file") == NEW


def stage(faulty: Faulty) -> None:
    staged = faulty.behind.stage("")
    assert (staged / "object").read_bytes() == OLD


ALL = (read, write, create, create_what_exists, exists, listing, delete, upload_tree, stage)
SENDING = (write, create, upload_tree)
RECEIVING = (read, listing, stage)
PASSING: dict[Fault, tuple[Operation, ...]] = {
    faults.reset: ALL,
    faults.lost_answer: (*SENDING, create_what_exists, delete),
    faults.cut_request: SENDING,
    faults.cut_answer: RECEIVING,
    faults.corrupt_answer: (read,),
    faults.slow: ALL,
    faults.too_many: ALL,
    faults.unavailable: ALL,
}
STAYING: dict[Fault, tuple[Operation, ...]] = {
    faults.reset: (read, create, listing, stage),
    faults.cut_request: (create, upload_tree),
    faults.cut_answer: (read, stage),
    faults.corrupt_answer: (read,),
    faults.too_many: (read, create, upload_tree),
    faults.unavailable: (read, create, upload_tree),
}


def cases(table: dict[Fault, tuple[Operation, ...]]) -> list[ParameterSet]:
    return [
        pytest.param(operation, fault, id=f"{operation.__name__}-{fault.__name__}")
        for fault, operations in table.items()
        for operation in operations
    ]


@pytest.mark.parametrize(("operation", "fault"), cases(PASSING))
def test_a_transient_fault_is_retried(faulty: Faulty, operation: Operation, fault: Fault) -> None:
    faulty.past.write("object", OLD)
    faulty.proxy.inject(fault)
    with within(BOUND_SECONDS):
        operation(faulty)


@pytest.mark.parametrize(("operation", "fault"), cases(STAYING))
def test_a_persistent_fault_is_one_clear_error(
    faulty: Faulty, operation: Operation, fault: Fault
) -> None:
    faulty.past.write("object", OLD)
    faulty.proxy.inject(fault, times=1000)
    with within(BOUND_SECONDS), pytest.raises(StorageUnreachable) as caught:
        operation(faulty)
    assert str(caught.value).startswith(faulty.past.uri)
    assert "\n" not in str(caught.value)
    assert {info.name: info.size for info in faulty.past.list()} == {"object": len(OLD)}
    assert faulty.past.read("object") == OLD


def test_the_error_of_an_overloaded_server_has_its_status(faulty: Faulty) -> None:
    faulty.proxy.inject(faults.unavailable, times=1000)
    with within(BOUND_SECONDS), pytest.raises(StorageUnreachable, match="503"):
        faulty.behind.read("object")


@pytest.mark.parametrize("operation", [write, create, upload_tree])
def test_answers_that_never_arrive_leave_whole_objects(
    faulty: Faulty, operation: Operation
) -> None:
    faulty.past.write("object", OLD)
    faulty.proxy.inject(faults.lost_answer, times=1000)
    with within(BOUND_SECONDS), pytest.raises(StorageUnreachable):
        operation(faulty)
    assert {faulty.past.read(info.name) for info in faulty.past.list()} <= {OLD, NEW}


def test_repeatedly_lost_responses_create_the_object_once(faulty: Faulty) -> None:
    faulty.proxy.inject(faults.lost_answer, times=2)
    create(faulty)
    with pytest.raises(ObjectExists):
        faulty.behind.create("created", OLD)


def test_damaged_bytes_are_never_returned(faulty: Faulty) -> None:
    faulty.past.upload_tree(faulty.tree(OLD), "tree")

    def corrupt_content(exchange: faults.Exchange) -> None:
        answer = exchange.forward()
        if len(answer.body) < len(OLD):
            exchange.reply(answer)  # a listing
        else:
            exchange.reply(answer, body=answer.body[:-1] + b"?")

    faulty.proxy.inject(corrupt_content, times=1000)
    with within(BOUND_SECONDS), pytest.raises(StorageUnreachable, match="damaged"):
        faulty.behind.stage("tree")
    faulty.proxy.heal()
    assert (faulty.behind.stage("tree") / "file").read_bytes() == OLD


@pytest.mark.parametrize("lost", range(3))
def test_a_large_create_with_a_lost_answer(faulty: Faulty, lost: int) -> None:
    """Creates an object in several requests and loses one of the responses."""
    content = os.urandom(9 << 20)
    count = iter(range(1000))

    def lose_one(exchange: faults.Exchange) -> None:
        (faults.lost_answer if next(count) == lost else faults.pass_on)(exchange)

    faulty.proxy.inject(lose_one, times=1000)
    with within(BOUND_SECONDS):
        faulty.behind.create("large", content)
    assert faulty.past.read("large") == content


def test_a_large_file_with_a_lost_completion(faulty: Faulty) -> None:
    """Uploads a file in several parts and loses the response to the last request."""
    content = os.urandom(1 << 20) * 65
    lost: list[str] = []

    def lose_completion(exchange: faults.Exchange) -> None:
        answer = exchange.forward()
        completes = (exchange.command == "POST" and "uploadId" in exchange.path) or (
            exchange.headers.get("Content-Range", "").endswith(f"{len(content) - 1}/{len(content)}")
        )
        if completes and not lost:
            lost.append(exchange.path)
            exchange.hang_up()
        elif completes and exchange.command == "POST" and len(lost) == 1:
            lost.append(exchange.path)  # some servers forget a completed upload
            faults.refuse(404, b"<Error><Code>NoSuchUpload</Code></Error>")(exchange)
        else:
            exchange.reply(answer)

    faulty.proxy.inject(lose_completion, times=1000)
    faulty.behind.upload_tree(faulty.tree(content), "large")
    assert len(lost) == (1 if faulty.past.uri.startswith("gs") else 2)
    assert (faulty.past.stage("large") / "file").read_bytes() == content


def test_googles_library_sends_no_additional_requests(
    gs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faults.fault_proxy(os.environ["STORAGE_EMULATOR_HOST"]) as proxy:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        storage = open_storage(f"{gs}/quiet")
        for _ in range(20):
            storage.write("object", b"")
    assert proxy.seen == ["POST"] * 20


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds
