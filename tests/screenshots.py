"""Makes the screenshots of the documentation from a running demo: `python tests/screenshots.py http://127.0.0.1:8000`."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs/screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SCREENSHOTS = {
    # name: (address, width, height, colours)
    "home": ("/", 1280, 860, "light"),
    "page": ("/wiki/Ouvrir_un_atelier_partagé", 1280, 860, "light"),
    "compare": ("/compare/Ouvrir_un_atelier_partagé?from=1&to=5", 1280, 860, "dark"),
    "phone": ("/wiki/Café_des_Passerelles", 390, 860, "dark"),
}


def main(address: str) -> None:
    """Take all SCREENSHOTS; images are reduced to 128 colours, for small files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for name, (path, width, height, colours) in SCREENSHOTS.items():
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if colours == "dark" else "light",
                locale="fr-FR",
            )
            page = context.new_page()
            page.goto(address + path)
            picture = Image.open(io.BytesIO(page.screenshot()))
            picture.convert("RGB").quantize(128).save(FOLDER / f"{name}.png", optimize=True)
            context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
