"""A folder in a bucket as a store."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from kubenas.errors import ObjectNotFound
from kubenas.storage.bucket import Bucket, BucketObject
from kubenas.storage.cache import Cache, Snapshot, open_cache
from kubenas.storage.names import check_object_name
from kubenas.storage.parallel import run_in_parallel
from kubenas.storage.protocol import ObjectInfo

_STAGE_TRIES = 3


class RemoteStorage:
    """A folder in a bucket. Implements :class:`kubenas.storage.protocol.Storage`.

    ``folder`` must not start or end with a slash.
    """

    def __init__(self, bucket: Bucket, folder: str, cache: Cache | None = None) -> None:
        self._bucket = bucket
        self._root = f"{folder}/" if folder else ""
        self._cache = cache

    @property
    def uri(self) -> str:
        return f"{self._bucket.uri}/{self._root}".rstrip("/")

    def read(self, name: str, *, limit: int | None = None) -> bytes:
        return self._bucket.get(self._key(name), limit=limit)

    def write(self, name: str, data: bytes) -> None:
        self._bucket.put(self._key(name), data)

    def create(self, name: str, data: bytes) -> None:
        self._bucket.put_if_absent(self._key(name), data)

    def exists(self, name: str) -> bool:
        return self._bucket.exists(self._key(name))

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        for item in self._list_objects(
            self._key(prefix), after=self._root + after if after else ""
        ):
            yield ObjectInfo(item.key.removeprefix(self._root), item.size)

    def delete(self, name: str) -> None:
        self._bucket.delete(self._key(name))

    def upload_tree(self, source: Path, prefix: str) -> None:
        folder = self._folder(prefix)
        paths = [path for path in source.rglob("*") if path.is_file()]
        run_in_parallel(
            lambda path: self._bucket.upload(path, folder + path.relative_to(source).as_posix()),
            paths,
        )

    def stage(self, prefix: str) -> Path:
        """Implements the protocol. The copy stays in the cache until this process ends.

        Raises:
            CacheTooSmall: The objects do not fit into the cache.
        """
        for _ in range(_STAGE_TRIES - 1):
            try:
                return self._stage_snapshot(self._snapshot(prefix))
            except _ObjectChanged:
                continue
        return self._stage_snapshot(self._snapshot(prefix))

    def _stage_snapshot(self, snapshot: Snapshot) -> Path:
        cache = self._cache or open_cache()
        folder = cache.acquire(snapshot, self._fetch)
        return folder if snapshot.uri.endswith("/") else folder / next(iter(snapshot.items))

    def _fetch(self, item: BucketObject, target: Path) -> None:
        try:
            self._bucket.download(item, target)
        except ObjectNotFound as error:
            raise _ObjectChanged(
                f"{error}; it was replaced or deleted during the download"
            ) from error

    def _snapshot(self, prefix: str) -> Snapshot:
        folder = self._folder(prefix)
        items = self._list_objects(folder)
        uri = f"{self._bucket.uri}/{folder}"
        if not items:
            key = folder.rstrip("/")
            items = [item for item in self._list_objects(key) if item.key == key] if key else []
            if items:
                return Snapshot(uri.rstrip("/"), {PurePosixPath(key).name: items[0]})
            raise ObjectNotFound(f"{uri}: no object under this prefix")
        return Snapshot(
            uri, {check_object_name(item.key.removeprefix(folder), uri): item for item in items}
        )

    def _list_objects(self, prefix: str, *, after: str = "") -> Sequence[BucketObject]:
        """Lists objects, without the empty objects that bucket browsers create for folders."""
        found = self._bucket.list(prefix, after=after)
        files = (item for item in found if item.key > after and not item.key.endswith("/"))
        return sorted(files, key=lambda item: item.key)

    def _key(self, name: str) -> str:
        return self._root + check_object_name(name, self.uri)

    def _folder(self, prefix: str) -> str:
        folder = self._key(prefix.rstrip("/"))
        return f"{folder}/" if folder and not folder.endswith("/") else folder


class _ObjectChanged(ObjectNotFound):
    """An object of a snapshot was replaced or deleted."""
