"""Static files of third-party packages: those that pages use, and no others.

Leaflet and its clusters come from Python packages (XStatic), so that they are pinned by hash and updated like every
dependency. Their sources and maps of sources stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.staticfiles.finders import FileSystemFinder
from django.core.files.storage import FileSystemStorage
from xstatic.pkg import leaflet, leaflet_markercluster

PREFIX = "leaflet"
FILES = {
    leaflet.BASE_DIR: (
        "leaflet.js",
        "leaflet.js.map",
        "leaflet.css",
        "images/layers.png",
        "images/layers-2x.png",
        "images/marker-icon.png",
    ),
    # Its minified script names a map of its source that the package has not: collecting it would fail.
    leaflet_markercluster.BASE_DIR: (
        "leaflet.markercluster-src.js",
        "leaflet.markercluster-src.js.map",
        "MarkerCluster.css",
    ),
}


class LibraryFinder(FileSystemFinder):
    """Finds `leaflet/…` in the packages that bring it."""

    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        self.locations = [(PREFIX, folder) for folder in FILES]
        self.storages = {folder: FileSystemStorage(location=folder) for folder in FILES}
        for storage in self.storages.values():
            storage.prefix = PREFIX  # as Django's own finders do

    def check(self, **kwargs: Any) -> list[Any]:
        """Nothing to check: the folders are those of installed packages."""
        return []

    def find_location(self, root: str, path: str, prefix: str | None = None) -> str | None:
        """The file's place on disk, where it is one of `FILES`."""
        name = path.removeprefix(f"{PREFIX}/")
        return super().find_location(root, path, prefix) if name in FILES[root] else None

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """The chosen files with their storage, for collectstatic."""
        for folder, storage in self.storages.items():
            for name in FILES[folder]:
                yield name, storage
