"""JavaScript bundles: what pages load as one file, made by esbuild from our modules and npm packages."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import NamedTuple

SOURCES = "static/wiki"
OPTIONS = ("--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=warning")


class Bundle(NamedTuple):
    """A bundle: the name of its folders in `static/wiki` and `static/build`, and of the module that imports all."""

    name: str
    styles: dict[str, str] = {}
    """Style sheets of packages, and the names they get beside the bundle."""

    @property
    def entry(self) -> str:
        """The name of the module that imports the others, and of the bundle."""
        return f"{self.name}.js"


VISUAL_EDITOR = Bundle(
    "visual_editor",
    {
        "prosemirror-view/style/prosemirror.css": "prosemirror.css",
        "prosemirror-gapcursor/style/gapcursor.css": "gapcursor.css",
        "prosemirror-tables/style/tables.css": "tables.css",
    },
)
SOURCE_EDITOR = Bundle("source_editor")
STREET_MAP = Bundle("street_map")
BUNDLES = (VISUAL_EDITOR, SOURCE_EDITOR, STREET_MAP)

CONTAINED = {"pmtiles": ("fflate",), "rbush": ("quickselect",)}
"""Packages that are published with others in the same file."""
LICENCE_TEXTS = {
    "pmtiles": ("protomaps-leaflet", "Copyright 2021 Protomaps LLC"),
    "@protomaps/basemaps": ("protomaps-leaflet", "Copyright 2019-2023 Protomaps LLC, Kelso Cartography"),
}
"""Packages that name their licence and do not carry its text: which package has it, and their own holders."""


def source_files(root: Path) -> list[Path]:
    """Return the modules of ours that are bundled."""
    return sorted(file for bundle in BUNDLES for file in (root / SOURCES / bundle.name).glob("*.js"))


def make_bundle(root: Path, modules: Path, node: list[str], target: Path, bundle: Bundle) -> None:
    """Write a bundle, its style sheets and the licences of its packages into `target`; stop where esbuild objects."""
    target.mkdir(parents=True, exist_ok=True)
    listing = target / "inputs.json"
    command = [
        *node, str(modules / "esbuild/bin/esbuild"), f"{SOURCES}/{bundle.name}/{bundle.entry}", *OPTIONS,
        f"--outfile={target / bundle.entry}", f"--metafile={listing}",
    ]  # fmt: skip
    if subprocess.run(command, cwd=root, check=False).returncode:  # noqa: S603
        raise SystemExit(f"esbuild could not make the bundle {bundle.name}; its own words are above.")
    inputs = json.loads(listing.read_text(encoding="utf-8"))["inputs"]
    listing.unlink()
    (target / "LICENSES.txt").write_text(licences(modules, packages_of(inputs)), encoding="utf-8")
    for source, name in bundle.styles.items():
        (target / name).write_bytes((modules / source).read_bytes())


def packages_of(inputs: list[str]) -> list[str]:
    """Return the npm packages whose files are in a bundle, and those that are within these files."""
    names = set()
    for file in inputs:
        _, found, path = file.rpartition("node_modules/")
        parts = path.split("/")
        if found:
            names.add("/".join(parts[:2]) if path.startswith("@") else parts[0])
    return sorted(names.union(*(CONTAINED.get(name, ()) for name in names)))


def licences(modules: Path, packages: list[str]) -> str:
    """Return the licence texts of packages, which a bundle of them has to carry; stop where a package has none."""
    parts = []
    for name in packages:
        files = sorted(
            file for file in (modules / name).iterdir() if file.name.upper().startswith(("LICENSE", "LICENCE"))
        )
        if not files and name in LICENCE_TEXTS:
            parts.append(f"{name}\n\n{_borrowed_licence(modules, name)}\n")
            continue
        if not files:
            raise SystemExit(f"The npm package {name} has no file with its licence, which the bundle has to carry.")
        parts.append(f"{name}\n\n{files[0].read_text(encoding='utf-8').strip()}\n")
    return f"\n{'-' * 80}\n\n".join(parts)


def _borrowed_licence(modules: Path, name: str) -> str:
    """Return the text of the licence of a package of LICENCE_TEXTS; stop where it is no more that of the other."""
    other, holders = LICENCE_TEXTS[name]
    named = {
        json.loads((modules / package / "package.json").read_text(encoding="utf-8"))["license"]
        for package in (name, other)
    }
    if len(named) > 1:
        raise SystemExit(f"The npm package {name} has no file with its licence, and no more that of {other}.")
    _, _, terms = (modules / other / "LICENSE").read_text(encoding="utf-8").strip().partition("\n")
    return f"{holders}\n{terms}"
