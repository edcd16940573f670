"""A sheet to draw on, colours, and things that stand in several pictures of the demo.

Everything is drawn at twice its size and scaled down, which smooths the edges; few colours keep the files small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parent / "pictures"
WIDTH, HEIGHT, FINE = 1280, 720, 2

CREAM, PAPER, SUN, SKY = "#f6ecd9", "#fff8ec", "#eaa93c", "#cfe7e3"
BRICK, TERRA, PLUM, TEAL, MINT = "#b9502f", "#d9694a", "#7a3a52", "#1b6866", "#8fcac3"
GREEN, LEAF, MOSS, WOOD, BARK = "#6fa25a", "#8dbb74", "#3d5c34", "#c98f5a", "#8a5a3c"
INK, STONE, STEEL, SHADE, NIGHT = "#3b2f2a", "#b8ab98", "#8b97a0", "#e4d6bd", "#23494c"
SKINS = ("#f0c0a0", "#8a5a3c", "#c98d66", "#5d3a26", "#e3a982")

Point = tuple[float, float]


class Scene:
    """A sheet to draw on, measured in points of the finished picture."""

    def __init__(self, ground: str) -> None:
        self.image = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), ground)
        self.pen = ImageDraw.Draw(self.image)

    def box(self, x: float, y: float, w: float, h: float, fill: str, r: float = 0) -> None:
        """A rectangle from its upper left corner, its corners rounded by `r`."""
        self.pen.rounded_rectangle((x * FINE, y * FINE, (x + w) * FINE, (y + h) * FINE), r * FINE, fill=fill)

    def disc(self, x: float, y: float, r: float, fill: str, ry: float | None = None) -> None:
        """A disc (or an ellipse of height `ry`) about its middle."""
        tall = r if ry is None else ry
        self.pen.ellipse(((x - r) * FINE, (y - tall) * FINE, (x + r) * FINE, (y + tall) * FINE), fill=fill)

    def ring(self, x: float, y: float, r: float, colour: str, width: float) -> None:
        """A circle's line."""
        self.pen.ellipse(
            ((x - r) * FINE, (y - r) * FINE, (x + r) * FINE, (y + r) * FINE),
            outline=colour,
            width=round(width * FINE),
        )

    def shape(self, points: Sequence[Point], fill: str) -> None:
        """A filled polygon."""
        self.pen.polygon([(x * FINE, y * FINE) for x, y in points], fill=fill)

    def line(self, points: Sequence[Point], colour: str, width: float) -> None:
        """A line through points, with round ends."""
        scaled = [(x * FINE, y * FINE) for x, y in points]
        self.pen.line(scaled, fill=colour, width=round(width * FINE), joint="curve")
        for x, y in points:
            self.disc(x, y, width / 2, colour)

    def save(self, name: str) -> None:
        """Scale down, keep 96 colours, write."""
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        few = small.quantize(96, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(FOLDER / name, optimize=True)


# --- Things that stand in several scenes ---------------------------------------------------------
def person(s: Scene, x: float, y: float, skin: str, cloth: str, hair: str, size: float = 1) -> None:
    """Someone standing, feet at (x, y)."""
    s.box(x - 22 * size, y - 70 * size, 18 * size, 70 * size, INK, 6 * size)
    s.box(x + 4 * size, y - 70 * size, 18 * size, 70 * size, INK, 6 * size)
    s.box(x - 32 * size, y - 160 * size, 64 * size, 104 * size, cloth, 24 * size)
    s.disc(x, y - 190 * size, 29 * size, hair)
    s.disc(x, y - 183 * size, 25 * size, skin)
    s.shape([(x - 26 * size, y - 192 * size), (x + 26 * size, y - 192 * size), (x, y - 218 * size)], hair)


def tree(s: Scene, x: float, y: float, size: float = 1, crown: str = GREEN) -> None:
    """A round tree, its foot at (x, y)."""
    s.box(x - 9 * size, y - 120 * size, 18 * size, 120 * size, BARK, 6)
    for dx, dy, r, colour in ((0, -190, 74, crown), (-48, -150, 48, LEAF), (50, -148, 46, MOSS)):
        s.disc(x + dx * size, y + dy * size, r * size, colour)


def window(s: Scene, x: float, y: float, w: float, h: float, glass: str = MINT) -> None:
    """A window with its cross-bars."""
    s.box(x - 8, y - 8, w + 16, h + 16, CREAM, 4)
    s.box(x, y, w, h, glass)
    s.line([(x + w / 2, y), (x + w / 2, y + h)], CREAM, 5)
    s.line([(x, y + h / 2), (x + w, y + h / 2)], CREAM, 5)


def bicycle(s: Scene, x: float, y: float, colour: str, size: float = 1) -> None:
    """A bicycle, its left wheel's middle at (x, y)."""
    far = x + 250 * size
    for middle in (x, far):
        s.ring(middle, y, 88 * size, INK, 9 * size)
        s.disc(middle, y, 9 * size, INK)
        for turn in range(0, 180, 30):
            dx, dy = math.cos(math.radians(turn)) * 82 * size, math.sin(math.radians(turn)) * 82 * size
            s.line([(middle - dx, y - dy), (middle + dx, y + dy)], STONE, 1.5)
    crank, seat = (x + 105 * size, y + 4 * size), (x + 70 * size, y - 118 * size)
    head = (x + 205 * size, y - 122 * size)
    for path in ([(x, y), crank, head, seat, (x, y)], [crank, seat], [head, (far, y)]):
        s.line(path, colour, 11 * size)
    s.line([seat, (seat[0] - 6 * size, seat[1] - 24 * size)], INK, 8 * size)
    s.box(seat[0] - 40 * size, seat[1] - 38 * size, 74 * size, 16 * size, INK, 8 * size)
    s.line([head, (head[0] - 8 * size, head[1] - 40 * size), (head[0] + 34 * size, head[1] - 48 * size)], INK, 9 * size)
    s.ring(crank[0], crank[1], 22 * size, INK, 6 * size)


def lamp(s: Scene, x: float, drop: float) -> None:
    """A lamp that hangs from the ceiling."""
    s.line([(x, 0), (x, drop)], INK, 4)
    s.shape([(x - 46, drop + 40), (x + 46, drop + 40), (x + 18, drop), (x - 18, drop)], SUN)
    s.disc(x, drop + 44, 14, PAPER)


def planks(s: Scene, top: float, colour: str, seam: str) -> None:
    """A floor of boards."""
    s.box(0, top, WIDTH, HEIGHT - top, colour)
    for x in range(-200, WIDTH + 300, 130):
        s.line([(x, HEIGHT), (640 + (x - 640) * 0.7, top)], seam, 3)
