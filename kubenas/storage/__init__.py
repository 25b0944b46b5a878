"""Stores: local folders and folders in buckets, addressed by a URI."""

from kubenas.storage.location import join, open_storage, split
from kubenas.storage.protocol import ObjectInfo, Storage

__all__ = ["ObjectInfo", "Storage", "join", "open_storage", "split"]
