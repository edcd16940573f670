"""Collect the full licence texts of the catalogue, and record the origin of each.

    python licenses/collect.py            needs npm, pip and a network; run once, then commit

Reads `catalogue.toml`; writes one `<SPDX-id>.txt` for each licence marked `text = true`, and
`index.toml` with origin, size and sha256. Texts are stored verbatim, as their own notices require.

Sources: the npm package `spdx-license-list` (a verbatim copy of the SPDX list 3.28.0, CC0-1.0);
for the Creative Commons 4.0 licences the PyPI package `licensedcode-data` (CC-BY-4.0, nexB), since
it has Creative Commons' own plain text; the SPDX copy changes the lettering of a paragraph of
section 6 and drops the closing notice. Both are fetched by name with `npm pack` and `pip download`.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SPDX = "spdx-license-list", "6.12.0"
SCANCODE = "licensedcode-data", "32.1.0"


def main() -> None:
    """Fetch both packages into a temporary folder; write the texts and the index."""
    with (FOLDER / "catalogue.toml").open("rb") as file:
        rows = tomllib.load(file)["license"]
    license_ids = [row["id"] for row in rows if row.get("text")]
    with tempfile.TemporaryDirectory() as name:
        spdx, scancode = fetch(Path(name))
        found = {license_id: text_of(license_id, spdx, scancode) for license_id in license_ids}
    index = ["# Written by collect.py; do not edit. One table for each text that ships.\n"]
    for license_id, (text, origin) in sorted(found.items()):
        content = text.encode()
        (FOLDER / f"{license_id}.txt").write_bytes(content)
        index.append(
            f'\n["{license_id}"]\n'
            f'file = "{license_id}.txt"\n'
            f'origin = "{origin}"\n'
            f"size = {len(content)}\n"
            f'sha256 = "{hashlib.sha256(content).hexdigest()}"\n'
        )
    (FOLDER / "index.toml").write_text("".join(index), encoding="utf-8")
    print(f"{len(found)} texts written to {FOLDER.name}/")


def fetch(folder: Path) -> tuple[Path, Path]:
    """Download both packages into `folder`; return the npm archive and the wheel."""
    # The arguments are constants, without user input: S603 and S607 do not apply.
    npm = ["npm", "pack", "--silent", "@".join(SPDX)]
    subprocess.run(npm, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, "==".join(SCANCODE)], check=True)  # noqa: S603
    return next(folder.glob("*.tgz")), next(folder.glob("*.whl"))


def text_of(license_id: str, spdx: Path, scancode: Path) -> tuple[str, str]:
    """Return the text of a licence and its origin, `<package>@<version>:<path inside it>`."""
    if license_id.startswith("CC-BY-") and license_id.endswith("-4.0"):
        path = f"licensedcode/data/licenses/{license_id.lower()}.LICENSE"
        with zipfile.ZipFile(scancode) as wheel:
            raw = wheel.read(path).decode()
        # A .LICENSE file is YAML front matter between two lines "---", then the text.
        text = raw.split("\n---\n", 1)[1].strip("\n") + "\n"
        return text, f"pypi {'@'.join(SCANCODE)}:{path}"
    path = f"package/licenses/{license_id}.json"
    with tarfile.open(spdx) as archive:
        member = archive.extractfile(path)
        if member is None:
            raise SystemExit(f"{path} is not a file in {spdx.name}")
        text = json.load(member)["licenseText"]
    return text.replace("\r\n", "\n").rstrip("\n") + "\n", f"npm {'@'.join(SPDX)}:{path}"


if __name__ == "__main__":
    main()
