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
BUNDLES = (VISUAL_EDITOR, SOURCE_EDITOR)


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
    """Return the npm packages whose files are in a bundle."""
    names = set()
    for file in inputs:
        _, found, path = file.rpartition("node_modules/")
        parts = path.split("/")
        if found:
            names.add("/".join(parts[:2]) if path.startswith("@") else parts[0])
    return sorted(names)


def licences(modules: Path, packages: list[str]) -> str:
    """Return the licence texts of packages, which a bundle of them has to carry; stop where a package has none."""
    parts = []
    for name in packages:
        files = sorted(
            file for file in (modules / name).iterdir() if file.name.upper().startswith(("LICENSE", "LICENCE"))
        )
        if not files:
            raise SystemExit(f"The npm package {name} has no file with its licence, which the bundle has to carry.")
        parts.append(f"{name}\n\n{files[0].read_text(encoding='utf-8').strip()}\n")
    return f"\n{'-' * 80}\n\n".join(parts)
