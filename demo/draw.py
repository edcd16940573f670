"""Draws the pictures of the demo: flat scenes of life in third places. `python -m demo.draw` writes them again."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

from demo.pencil import (
    BARK,
    BRICK,
    CREAM,
    FOLDER,
    GREEN,
    HEIGHT,
    INK,
    LEAF,
    MINT,
    MOSS,
    NIGHT,
    PAPER,
    PLUM,
    SHADE,
    SKINS,
    SKY,
    STEEL,
    STONE,
    SUN,
    TEAL,
    TERRA,
    WIDTH,
    WOOD,
    Scene,
    bicycle,
    lamp,
    person,
    planks,
    tree,
    window,
)


def facade(s: Scene) -> None:
    """The brick mill on its quay."""
    s.disc(1040, 150, 74, SUN)
    for x in range(90, 1000, 182):
        s.shape([(x, 210), (x + 182, 120), (x + 182, 210)], PLUM)
        s.shape([(x + 120, 210), (x + 182, 120), (x + 182, 210)], MINT)
    s.box(90, 208, 910, 370, TERRA)
    for row in range(4):
        s.line([(90, 250 + row * 92), (1000, 250 + row * 92)], BRICK, 3)
    for x in range(130, 960, 170):
        window(s, x, 250, 96, 96)
        if x != 470:
            window(s, x, 410, 96, 110, SUN if x in (130, 810) else MINT)
    s.box(452, 398, 132, 180, TEAL, 60)
    s.box(452, 470, 132, 108, TEAL)
    s.disc(560, 500, 7, SUN)
    s.box(1000, 60, 62, 520, BRICK)
    s.box(990, 48, 82, 26, PLUM)
    s.box(0, 578, WIDTH, 40, STONE)
    s.box(0, 618, WIDTH, 102, TEAL)
    for x, y in ((80, 650), (380, 690), (720, 660), (1010, 694)):
        s.line([(x, y), (x + 150, y)], MINT, 5)
    tree(s, 1170, 578, 1.25)
    bicycle(s, 700, 545, SUN, 0.42)
    person(s, 640, 584, SKINS[1], SUN, INK, 0.62)


def laser(s: Scene) -> None:
    """The laser cutter at work, someone beside it."""
    s.box(0, 560, WIDTH, 160, "#31595b")
    for x in (120, 260, 400):
        s.box(x, 90, 110, 150, TEAL, 8)
        s.ring(x + 55, 165, 34, MINT, 9)
    s.box(360, 330, 700, 250, STEEL, 18)
    s.box(330, 300, 760, 60, "#5e6a73", 14)
    s.box(410, 380, 470, 120, INK, 10)
    s.box(420, 470, 450, 22, WOOD)
    s.box(600, 372, 60, 40, STONE, 6)
    s.line([(630, 412), (630, 470)], "#ff5a45", 6)
    s.disc(630, 470, 13, SUN)
    for dx, dy in ((-44, -20), (-28, -44), (30, -42), (48, -16)):
        s.line([(630 + dx * 0.5, 470 + dy * 0.5), (630 + dx, 470 + dy)], SUN, 4)
    s.box(920, 390, 100, 70, MINT, 8)
    s.disc(945, 500, 18, "#ff5a45")
    s.disc(995, 500, 12, LEAF)
    for x in (400, 980):
        s.box(x, 580, 46, 60, INK, 6)
    person(s, 240, 650, SKINS[0], SUN, PLUM, 1.6)
    person(s, 1170, 640, SKINS[3], TERRA, INK, 1.45)
    lamp(s, 780, 60)


def compost(s: Scene) -> None:
    """Three bins, from fresh to ripe, in a garden."""
    s.disc(190, 130, 70, SUN)
    s.box(0, 330, WIDTH, 390, LEAF)
    s.shape([(0, 330), (0, 250), (420, 300), (860, 240), (WIDTH, 300), (WIDTH, 340), (0, 340)], GREEN)
    tree(s, 1130, 420, 1.3)
    tree(s, 90, 430, 0.9, MOSS)
    for x, fill in ((210, GREEN), (490, BARK), (770, INK)):
        s.shape([(x + 12, 420), (x + 120, 372), (x + 228, 420)], fill)
        for y in range(418, 590, 36):
            s.box(x, y, 240, 26, WOOD, 4)
        for post in (x - 8, x + 228):
            s.box(post, 400, 22, 200, BARK, 4)
    for x, y, colour in ((280, 402, TERRA), (330, 394, SUN), (370, 408, PAPER)):
        s.disc(x, y, 13, colour)
    s.line([(1080, 620), (1010, 400)], BARK, 11)
    s.shape([(985, 420), (1040, 402), (1022, 340), (975, 356)], STEEL)
    for x in range(60, WIDTH, 110):
        s.line([(x, 690), (x - 14, 660)], MOSS, 5)
        s.line([(x, 690), (x + 14, 656)], MOSS, 5)
    person(s, 700, 690, SKINS[2], PLUM, INK, 0.9)


def cafe(s: Scene) -> None:
    """The counter of a café, one weekday morning."""
    planks(s, 590, WOOD, BARK)
    s.box(120, 110, 460, 250, MOSS, 10)
    for y, w in ((165, 330), (215, 260), (265, 370), (315, 200)):
        s.line([(160, y), (160 + w, y)], CREAM, 6)
    for y in (190, 300):
        s.box(700, y, 460, 14, BARK)
    for i, x in enumerate(range(720, 1130, 62)):
        s.box(x, 136, 38, 54, (TERRA, MINT, SUN, PLUM)[i % 4], 8)
        s.disc(x + 20, 284, 20, (CREAM, MINT, TERRA)[i % 3], 16)
    person(s, 860, 620, SKINS[3], SUN, INK, 1.45)
    s.box(90, 420, 1100, 44, BARK, 8)
    s.box(120, 460, 1040, 190, TEAL, 6)
    for x in range(160, 1120, 125):
        s.box(x, 490, 90, 130, "#175856", 6)
    s.box(980, 320, 130, 104, STEEL, 12)
    s.box(1000, 345, 90, 34, INK, 6)
    for x in (250, 420):
        s.box(x, 386, 54, 36, PAPER, 10)
        s.ring(x + 58, 402, 13, PAPER, 6)
        s.line([(x + 18, 370), (x + 24, 350)], STONE, 4)
        s.line([(x + 36, 370), (x + 42, 350)], STONE, 4)
    person(s, 560, 700, SKINS[0], TERRA, PLUM, 1.3)
    for x in (330, 640, 940):
        lamp(s, x, 30)


def velo(s: Scene) -> None:
    """A bicycle on the stand, tools on the wall."""
    planks(s, 600, STONE, "#a3967f")
    s.box(60, 80, 540, 280, WOOD, 10)
    for i, x in enumerate(range(100, 560, 76)):
        s.line([(x, 130), (x, 250 + (i % 3) * 26)], STEEL, 12)
        (s.ring if i % 2 else s.disc)(x, 130, 20, STEEL, 9)
    s.line([(100, 330), (560, 330)], BARK, 8)
    for x, colour in ((760, TERRA), (960, MINT), (1140, PLUM)):
        s.ring(x, 170, 84, INK, 12)
        s.ring(x, 170, 66, colour, 5)
    s.line([(560, 640), (560, 330)], INK, 16)
    s.line([(470, 646), (650, 646)], INK, 16)
    bicycle(s, 430, 500, TERRA, 1.15)
    s.box(900, 470, 320, 30, BARK, 6)
    for x in (920, 1176):
        s.box(x, 500, 26, 150, BARK)
    s.box(960, 420, 90, 50, TERRA, 6)
    s.disc(1120, 452, 18, SUN)
    person(s, 850, 690, SKINS[4], TEAL, INK, 1.45)
    person(s, 300, 700, SKINS[1], SUN, INK, 1.3)


def grange(s: Scene) -> None:
    """The barn and its yard, hills behind."""
    s.disc(1000, 140, 66, SUN)
    s.shape([(0, 420), (260, 250), (520, 390), (820, 220), (WIDTH, 380), (WIDTH, 720), (0, 720)], GREEN)
    s.box(0, 520, WIDTH, 200, LEAF)
    s.shape([(250, 330), (560, 150), (870, 330)], PLUM)
    s.box(280, 328, 560, 240, CREAM)
    for x, y in ((310, 360), (700, 380), (770, 470), (320, 500), (620, 350)):
        s.box(x, y, 56, 26, SHADE, 6)
    s.box(470, 370, 180, 198, BRICK, 6)
    s.line([(560, 372), (560, 566)], CREAM, 5)
    s.line([(474, 376), (556, 562)], TERRA, 8)
    s.line([(646, 376), (564, 562)], TERRA, 8)
    window(s, 534, 240, 52, 60, SUN)
    window(s, 360, 400, 62, 70)
    window(s, 730, 400, 62, 70)
    s.shape([(870, 420), (990, 350), (1110, 420)], BRICK)
    s.box(890, 418, 200, 150, SHADE)
    window(s, 960, 460, 60, 56)
    tree(s, 170, 580, 1.25)
    s.shape([(480, 568), (650, 568), (820, 720), (330, 720)], SHADE)
    person(s, 700, 640, SKINS[0], TERRA, INK, 0.75)
    person(s, 770, 646, SKINS[1], TEAL, INK, 0.75)
    for x in range(30, WIDTH, 96):
        s.disc(x, 690, 7, PAPER)


def bureau(s: Scene) -> None:
    """The long table of a shared office, boats outside."""
    planks(s, 560, WOOD, BARK)
    for x in (90, 480, 870):
        s.box(x, 70, 320, 270, PAPER, 6)
        s.box(x + 14, 84, 292, 242, SKY)
        s.box(x + 14, 250, 292, 76, MINT)
    for x, hull in ((150, TERRA), (600, TEAL), (1000, PLUM)):
        s.shape([(x, 250), (x + 130, 250), (x + 105, 282), (x + 25, 282)], hull)
        s.line([(x + 62, 250), (x + 62, 130)], INK, 5)
        s.shape([(x + 70, 136), (x + 70, 238), (x + 132, 238)], PAPER)
    for x, skin, cloth in ((230, 0, PLUM), (520, 3, SUN), (800, 2, TEAL), (1070, 1, TERRA)):
        person(s, x, 640, SKINS[skin], cloth, INK, 1.3)
    s.box(80, 500, 1120, 34, BARK, 8)
    for x in (110, 1130):
        s.box(x, 530, 34, 160, BARK, 4)
    for x in (170, 460, 740, 1010):
        s.box(x, 420, 120, 82, INK, 8)
        s.box(x + 8, 428, 104, 66, STEEL, 4)
    for x, colour in ((350, TERRA), (640, MINT), (930, SUN)):
        s.box(x, 466, 34, 36, colour, 6)
    s.box(655, 640, 70, 60, TERRA, 8)
    for dx, dy in ((-40, -70), (0, -110), (40, -70), (-20, -100), (24, -96)):
        s.line([(690, 640), (690 + dx, 640 + dy)], MOSS, 12)


def four(s: Scene) -> None:
    """A clay oven on a baking day."""
    s.box(0, 0, WIDTH, HEIGHT, "#f3dcb8")
    s.disc(610, 470, 270, TERRA, 290)
    s.disc(610, 466, 140, BRICK, 160)
    s.disc(610, 466, 112, INK, 132)
    s.box(0, 600, WIDTH, 120, STONE)
    s.box(300, 470, 620, 150, SHADE, 12)
    for row in range(3):
        for x in range(310 + (row % 2) * 45, 860, 92):
            s.box(x, 480 + row * 46, 82, 38, STONE, 8)
    s.box(450, 456, 320, 26, BRICK, 6)
    for x, h, colour in ((560, 84, TERRA), (610, 116, SUN), (658, 78, TERRA), (610, 60, PAPER)):
        s.shape([(x - 32, 462), (x + 32, 462), (x + 6, 462 - h)], colour)
    s.box(720, 80, 70, 170, BRICK, 6)
    for x, y, r in ((760, 60, 30), (800, 20, 40)):
        s.disc(x, y, r, PAPER)
    for x in (990, 1085, 1180):
        s.disc(x, 560, 52, WOOD, 34)
        for cut in (-20, 0, 20):
            s.line([(x + cut - 8, 546), (x + cut + 8, 572)], CREAM, 5)
    s.box(930, 590, 310, 16, BARK, 4)
    s.box(1160, 604, 20, 60, BARK)
    s.box(980, 604, 20, 60, BARK)
    person(s, 190, 690, SKINS[2], PAPER, INK, 1.6)
    s.line([(240, 520), (520, 450)], BARK, 12)
    s.box(500, 430, 90, 22, WOOD, 8)


def bois(s: Scene) -> None:
    """The wood workshop: bench, tools on the wall, band saw."""
    planks(s, 590, SHADE, STONE)
    s.box(80, 70, 700, 270, WOOD, 10)
    for i, x in enumerate(range(120, 740, 78)):
        if i % 3 == 0:
            s.box(x, 110, 14, 150, BARK, 6)
            s.box(x - 24, 100, 62, 36, STEEL, 6)
        elif i % 3 == 1:
            s.shape([(x, 110), (x + 18, 110), (x + 34, 290), (x - 16, 290)], STEEL)
            s.box(x - 8, 92, 34, 34, BARK, 8)
        else:
            s.box(x, 180, 14, 110, STEEL, 5)
            s.box(x - 6, 100, 26, 84, TERRA, 10)
    s.box(900, 90, 200, 130, TEAL, 60)
    s.box(920, 200, 60, 300, TEAL)
    s.box(880, 420, 260, 24, STEEL, 4)
    s.box(910, 444, 190, 190, TEAL, 14)
    s.line([(1056, 190), (1056, 420)], STEEL, 5)
    s.disc(1000, 155, 34, MINT)
    s.box(120, 450, 640, 40, BARK, 6)
    for x in (150, 680):
        s.box(x, 490, 48, 160, BARK, 4)
    s.box(170, 590, 540, 22, BARK)
    s.box(240, 420, 260, 30, CREAM, 4)
    s.box(560, 400, 60, 50, TERRA, 8)
    for x, y in ((300, 650), (350, 668), (410, 655), (460, 672)):
        s.ring(x, y, 11, WOOD, 5)
    person(s, 420, 690, SKINS[0], PLUM, BARK, 1.45)
    person(s, 820, 690, SKINS[1], SUN, INK, 1.4)
    lamp(s, 440, 20)


def assemblee(s: Scene) -> None:
    """People in a circle, one of them speaks."""
    s.disc(640, 520, 560, "#e9d9ba", 180)
    s.disc(640, 520, 430, SHADE, 130)
    s.box(940, 60, 250, 180, PAPER, 8)
    for y, w in ((100, 150), (135, 190), (170, 110)):
        s.line([(970, y), (970 + w, y)], TEAL, 7)
    cloths = (TERRA, TEAL, SUN, PLUM, GREEN, MINT, BRICK, "#4a46a3", MOSS)
    for i, turn in enumerate(range(180, 360, 20)):
        east, south = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        size = 0.96 + 0.1 * south
        person(s, 640 + 470 * east, 560 + 150 * south, SKINS[i % 5], cloths[i], (INK, BARK, PLUM)[i % 3], size)
    person(s, 330, 690, SKINS[1], SUN, INK, 1.15)
    person(s, 640, 712, SKINS[4], TERRA, PLUM, 1.2)
    person(s, 950, 690, SKINS[2], TEAL, INK, 1.15)
    s.box(700, 420, 190, 90, PAPER, 30)
    s.shape([(715, 480), (760, 500), (686, 530)], PAPER)
    for x in (750, 795, 840):
        s.disc(x, 465, 10, TEAL)


def cles(s: Scene) -> None:
    """The key board, each hook with its colour."""
    s.box(140, 80, 1000, 540, WOOD, 24)
    s.box(170, 110, 940, 480, "#dba871", 14)
    colours = (TERRA, TEAL, SUN, PLUM, GREEN, MINT, BRICK, "#4a46a3", MOSS, STEEL)
    for i in range(10):
        x, y = 260 + (i % 5) * 190, 170 + (i // 5) * 230
        s.box(x - 46, y - 42, 92, 34, colours[i], 10)
        s.disc(x, y + 8, 9, INK)
        if i == 7:
            continue
        s.ring(x, y + 42, 32, STEEL, 10)
        s.line([(x, y + 74), (x, y + 156)], STEEL, 12)
        s.line([(x, y + 150), (x + 26, y + 150)], STEEL, 11)
        s.line([(x, y + 126), (x + 18, y + 126)], STEEL, 11)
        s.disc(x, y + 42, 14, colours[i])


def plan(s: Scene) -> None:
    """The way from the station to the mill, along the river."""
    s.box(0, 0, WIDTH, HEIGHT, "#ece2cd")
    north = ((60, 60, 260, 150), (380, 40, 300, 170), (760, 50, 210, 150), (1040, 70, 200, 160))
    south = ((80, 480, 240, 180), (420, 500, 250, 160), (760, 520, 190, 150))
    for x, y, w, h in north + south:
        s.box(x, y, w, h, "#dccfb4", 14)
    s.box(1010, 500, 230, 190, LEAF, 40)
    for x, y in ((1070, 560), (1150, 600), (1090, 640), (1190, 545)):
        s.disc(x, y, 26, GREEN)
    s.line([(-20, 400), (260, 370), (560, 430), (860, 380), (1300, 420)], MINT, 78)
    s.line([(-20, 300), (300, 280), (600, 320), (900, 270), (1300, 300)], PAPER, 26)
    for x in (350, 720, 990):
        s.line([(x, 0), (x, 290)], PAPER, 20)
    s.line([(350, 300), (350, 720)], PAPER, 20)
    way = [(180, 250), (300, 280), (600, 320), (840, 282)]
    for (x1, y1), (x2, y2) in pairwise(way):
        steps = round(math.hypot(x2 - x1, y2 - y1) / 26)
        for i in range(steps):
            s.disc(x1 + (x2 - x1) * i / steps, y1 + (y2 - y1) * i / steps, 7, TERRA)
    for x, y, colour in ((180, 240, TEAL), (850, 260, TERRA)):
        s.shape([(x - 34, y - 60), (x + 34, y - 60), (x, y + 12)], colour)
        s.disc(x, y - 70, 42, colour)
        s.disc(x, y - 70, 17, PAPER)


SCENES: dict[str, tuple[Callable[[Scene], None], str]] = {
    "facade-filature.png": (facade, SKY),
    "fablab-laser.png": (laser, NIGHT),
    "jardin-compost.png": (compost, SKY),
    "cafe-comptoir.png": (cafe, "#f3dcb8"),
    "atelier-velo.png": (velo, CREAM),
    "grange.png": (grange, SKY),
    "bureau-partage.png": (bureau, "#e9d9ba"),
    "four-a-pain.png": (four, CREAM),
    "atelier-bois.png": (bois, CREAM),
    "assemblee.png": (assemblee, "#cfe0d4"),
    "cles.png": (cles, "#2a5f60"),
    "plan-filature.png": (plan, CREAM),
}


def main() -> None:
    """Draw every scene into `pictures/`."""
    FOLDER.mkdir(exist_ok=True)
    for name, (draw, ground) in SCENES.items():
        scene = Scene(ground)
        draw(scene)
        scene.save(name)


if __name__ == "__main__":
    main()
