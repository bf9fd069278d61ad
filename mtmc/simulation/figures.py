"""The looks of people: bodies of tubes with a face, hair, clothes, shoes and bags, drawn at random from muted everyday
choices."""

from dataclasses import dataclass

import numpy as np

from mtmc.simulation.gait import ANKLE, CHEST, FOOT, FOREARM, HEAD, LEFT, PELVIS, RIGHT, SHIN, THIGH, UPPER_ARM, WAIST
from mtmc.simulation.mesh import ANGLES, SIDES, Mesh, Tube

# Colours are BGR. Dark and plain ones are more frequent, as on a street.
SKIN = [(172, 196, 232), (150, 178, 220), (122, 152, 200), (98, 128, 178), (70, 96, 140), (48, 66, 98)]
HAIR = [
    (22, 20, 20), (28, 30, 36), (34, 44, 60), (46, 66, 96),
    (84, 128, 168), (126, 160, 186), (40, 52, 104), (140, 142, 146),
]  # fmt: skip
TOPS = [
    (34, 32, 32), (34, 32, 32), (62, 60, 58), (110, 108, 106), (150, 150, 150), (84, 52, 34), (84, 52, 34), (206, 208, 210),
    (206, 208, 210), (148, 178, 196), (60, 82, 78), (42, 34, 104), (46, 128, 180), (112, 104, 46), (176, 142, 104), (52, 48, 168),
    (168, 156, 206), (140, 96, 110), (52, 72, 98), (96, 126, 88), (150, 84, 40), (60, 100, 196),
]  # fmt: skip
BOTTOMS = [
    (30, 28, 28), (44, 42, 42), (92, 62, 44), (124, 90, 62), (66, 46, 36),
    (80, 80, 82), (104, 130, 148), (66, 84, 84), (150, 150, 152), (46, 60, 76),
]  # fmt: skip
SHOES = [(26, 26, 28), (40, 52, 74), (198, 200, 202), (60, 58, 58), (120, 100, 90)]
BAGS = [(30, 30, 32), (60, 50, 44), (44, 66, 96), (40, 34, 120), (88, 96, 70), (120, 86, 54)]

# The direction each facet faces, -180 to 180 degrees, 0 ahead, left positive.
FACETS = np.rad2deg((ANGLES + np.pi / SIDES + np.pi) % (2 * np.pi) - np.pi)
# Outlines: rows of (position along the tube, half depth, half width), as fractions of the body's height.
SKULL = [
    (0.026, 0.012, 0.012), (0.034, 0.034, 0.028), (0.054, 0.047, 0.038), (0.074, 0.054, 0.043), (0.090, 0.056, 0.045),
    (0.108, 0.055, 0.046), (0.128, 0.047, 0.041), (0.140, 0.031, 0.028), (0.146, 0.001, 0.001),
]  # fmt: skip
# By hair style: the outline of the hair beyond the skull, and its offset behind the head's axis.
HAIRDOS = {
    "short": (
        [(0.060, 0.020, 0.030), (0.09, 0.050, 0.047), (0.125, 0.051, 0.046), (0.145, 0.034, 0.030), (0.152, 0.001, 0.001)], 0.008,
    ),
    "bob": (
        [(0.025, 0.040, 0.046), (0.06, 0.050, 0.053), (0.11, 0.054, 0.051), (0.14, 0.038, 0.036), (0.152, 0.001, 0.001)], 0.013,
    ),
    "long": (
        [(-0.085, 0.018, 0.045), (-0.02, 0.030, 0.052), (0.06, 0.046, 0.051),
         (0.11, 0.053, 0.050), (0.142, 0.036, 0.034), (0.152, 0.001, 0.001)], 0.016,
    ),
    "ponytail": ([(-0.05, 0.004, 0.006), (0.0, 0.015, 0.018), (0.07, 0.018, 0.018), (0.10, 0.012, 0.012)], 0.066),
    "bun": ([(0.088, 0.003, 0.003), (0.10, 0.020, 0.020), (0.12, 0.022, 0.022), (0.138, 0.003, 0.003)], 0.058),
}  # fmt: skip
CAP = [(0.105, 0.058, 0.049), (0.128, 0.052, 0.046), (0.145, 0.033, 0.030), (0.152, 0.001, 0.001)]
BRIM = [(0.030, 0.036, 0.004), (0.07, 0.036, 0.004), (0.098, 0.018, 0.003)]
SKIRT = [(-0.21, 0.104, 0.118), (-0.08, 0.082, 0.110), (0.02, 0.070, 0.097), (0.045, 0.060, 0.084)]
COAT_TAILS = [(-0.2, 0.100, 0.110), (-0.10, 0.086, 0.106), (0.0, 0.076, 0.101), (0.10, 0.064, 0.088)]
SHOE = [
    (-0.038, 0.001, 0.001), (-0.036, 0.022, 0.022), (0.0, 0.026, 0.024),
    (0.05, 0.026, 0.016), (0.09, 0.022, 0.010), (0.102, 0.001, 0.001),
]  # fmt: skip
BACKPACK = [(-0.03, 0.030, 0.060), (-0.02, 0.046, 0.078), (0.08, 0.050, 0.080), (0.17, 0.040, 0.074), (0.20, 0.010, 0.050)]
SHOULDER_BAG = [(-0.12, 0.045, 0.010), (-0.11, 0.062, 0.026), (-0.01, 0.058, 0.024), (0.0, 0.040, 0.006)]
TOTE = [(-0.37, 0.048, 0.014), (-0.36, 0.055, 0.022), (-0.26, 0.050, 0.018), (-0.19, 0.010, 0.006)]
# How much wider than the body each garment is, and how much it thickens the arms.
GARMENTS = {
    "tee": (1.0, 0.003),
    "shirt": (1.03, 0.005),
    "sweater": (1.07, 0.006),
    "jacket": (1.12, 0.008),
    "coat": (1.13, 0.008),
}
# These heights are above the hips.
TORSO = np.array([
    (-0.035, 0.048, 0.066), (-0.01, 0.064, 0.090), (0.03, 0.063, 0.090), (0.085, 0.056, 0.078),
    (0.14, 0.060, 0.082), (0.19, 0.065, 0.091), (0.24, 0.065, 0.097), (0.272, 0.058, 0.097),
    (0.292, 0.049, 0.086), (0.312, 0.039, 0.060), (0.335, 0.029, 0.033),
])  # fmt: skip


@dataclass(frozen=True, eq=False)
class Figure:
    """A person's looks: `mesh` in fractions of `height` metres."""

    mesh: Mesh
    height: float


def draw_figure(body: np.random.Generator, clothes: np.random.Generator) -> Figure:
    """A random person. Two people with equal `clothes` generators wear the same clothes on different bodies."""
    height = float(np.clip(body.normal(1.71, 0.09), 1.52, 1.95))
    build = float(np.clip(body.normal(1.0, 0.08), 0.86, 1.22))
    skin = np.array(SKIN[body.choice(6, p=[0.2, 0.25, 0.2, 0.15, 0.1, 0.1])], dtype=np.float64)
    hair = np.array(HAIR[body.integers(len(HAIR))], dtype=np.float64)
    style = str(body.choice(["short", "short", "bald", "bob", "long", "long", "ponytail", "bun", "cap"]))
    bag = str(body.choice(["none", "none", "backpack", "backpack", "shoulder", "tote"]))
    top, under, bottom, bag_colour = (_shade(clothes, palette) for palette in (TOPS, TOPS, BOTTOMS, BAGS))
    shoes = np.array(SHOES[clothes.integers(len(SHOES))], dtype=np.float64)
    garment = str(clothes.choice(["tee", "tee", "shirt", "shirt", "sweater", "jacket", "jacket", "coat"]))
    pattern = str(clothes.choice(["plain", "plain", "plain", "stripes", "check", "print", "halves"]))
    legs = str(clothes.choice(["trousers", "trousers", "trousers", "shorts", "skirt"]))
    if garment == "coat":
        pattern, legs = "plain", "trousers"

    torso = _torso(garment, pattern, top, under, build)
    torso.colours[-1] = skin if garment == "tee" else top * 0.85
    _strap(torso, bag, bag_colour)
    tubes = [torso, *_head(style, skin, hair, under)]
    for side in (LEFT, RIGHT):
        tubes += [_leg(side, legs, bottom, skin, build), _shoe(side, shoes), _arm(side, garment, top, skin, build)]
    if legs == "skirt":
        tubes.append(_tube(PELVIS, SKIRT, bottom, build, lift=0.12))
    if garment == "coat":
        tubes.append(_tube(PELVIS, COAT_TAILS, top, build, lift=0.12))
    tubes += _bag(bag, bag_colour)
    creases = clothes.normal(1.0, 0.022, (sum(len(tube.colours) for tube in tubes), SIDES, 1))
    mesh = Mesh(tubes)
    mesh.colours = mesh.colours * creases.reshape(-1, 1)
    return Figure(mesh, height)


def _shade(rng: np.random.Generator, palette: list[tuple[int, int, int]]) -> np.ndarray:
    """A colour of the palette, with slightly varied lightness and hue."""
    colour = np.array(palette[rng.integers(len(palette))]) * rng.uniform(0.85, 1.15) + rng.normal(0, 4, 3)
    return (0.85 * colour + 0.15 * colour.mean()).clip(14, 225)


def _tube(
    bones: int | np.ndarray | list[int],
    profile: list[tuple[float, float, float]] | np.ndarray,
    colour: np.ndarray,
    build: float = 1.0,
    x: float = 0.0,
    y: float = 0.0,
    lying: bool = False,
    lift: float = 0.0,
) -> Tube:
    """A tube of one colour from rows (position along its axis, half width on the first axis, on the second), around (x, y)."""
    along, *radii = np.array(profile, dtype=np.float64).T
    centres = np.zeros((len(along), 3))
    centres[:, 0 if lying else 2] = along
    centres[:, 2 if lying else 0] += x
    centres[:, 1] = y
    colours = np.broadcast_to(colour, (len(along) - 1, SIDES, 3)).copy()
    return Tube(centres, np.stack(radii, axis=1) * build, np.broadcast_to(bones, len(along)), colours, lying, lift)


def _torso(garment: str, pattern: str, top: np.ndarray, under: np.ndarray, build: float) -> Tube:
    rows = np.linspace(TORSO[0, 0], TORSO[-1, 0], 17)
    profile = np.column_stack([rows] + [np.interp(rows, TORSO[:, 0], TORSO[:, column]) for column in (1, 2)])
    upper = rows >= WAIST
    profile[:, 1:] *= np.where(rows > 0.3, 1.0, GARMENTS[garment][0])[:, None]
    tube = _tube(np.where(upper, CHEST, PELVIS), profile, top, build, lift=0.04)
    tube.centres[upper, 2] -= WAIST
    row = np.arange(16)[:, None]
    contrast = top * 0.45 + under * 0.55
    if pattern == "stripes":
        tube.colours[(row[:, 0] // 2) % 2 == 0] = contrast
    elif pattern == "check":
        tube.colours[(row // 2 + np.arange(SIDES) // 2) % 2 == 0] = contrast
    elif pattern == "print":
        tube.colours[9:12, np.abs(FACETS) < 50] = contrast
    elif pattern == "halves":
        tube.colours[:9] = contrast
    if garment in ("jacket", "coat"):
        tube.colours[:, np.abs(FACETS) < 20] = under
    return tube


def _strap(torso: Tube, bag: str, colour: np.ndarray) -> None:
    """Paint the straps of a backpack, or the strap of a shoulder bag, on the torso."""
    if bag == "backpack":
        torso.colours[6:15, (np.abs(FACETS) > 30) & (np.abs(FACETS) < 60)] = colour
    elif bag == "shoulder":
        for level in range(3, 15):
            across = 75 - 150 * (level - 3) / 11
            mirrored = np.sign(FACETS) * 180 - FACETS  # the front facet opposite each back facet
            folded = np.where(np.abs(FACETS) < 90, FACETS, mirrored)
            torso.colours[level, np.abs(folded - across) < 20] = colour


def _head(style: str, skin: np.ndarray, hair: np.ndarray, hat: np.ndarray) -> list[Tube]:
    skull = _tube(HEAD, SKULL, skin)
    skull.centres[:3, 0] += (0.014, 0.010, 0.004)
    if style != "bald":
        skull.colours[5:] = hair
        skull.colours[4, np.abs(FACETS) > 50] = hair
        skull.colours[2:4, np.abs(FACETS) > 100] = hair
    skull.colours[3, np.abs(FACETS) < 30] *= 0.80
    skull.colours[3, (np.abs(FACETS) > 30) & (np.abs(FACETS) < 60)] *= 0.93
    skull.colours[1, np.abs(FACETS) < 30] *= (0.8, 0.78, 0.9)
    tubes = [skull, _tube(HEAD, [(-0.03, 0.032, 0.034), (0.05, 0.027, 0.028)], skin * 0.9, x=-0.008)]
    if style in HAIRDOS:
        outline, behind = HAIRDOS[style]
        tubes.append(_tube(HEAD, outline, hair, x=-behind))
    elif style == "cap":
        tubes += [_tube(HEAD, CAP, hat), _tube(HEAD, BRIM, hat * 0.9, x=0.108, lying=True)]
    return tubes


def _leg(side: int, legs: str, cloth: np.ndarray, skin: np.ndarray, build: float) -> Tube:
    shin = [(-0.245, 0.021), (-0.20, 0.024), (-0.12, 0.035), (-0.05, 0.034)]
    thigh = [(-0.225, 0.037), (-0.17, 0.044), (-0.10, 0.050), (-0.03, 0.053), (0.02, 0.046)]
    if legs == "trousers":
        shin = [(-0.238, 0.032), (-0.20, 0.033), (-0.12, 0.038), (-0.05, 0.039)]
    elif legs == "shorts":
        thigh = [(-0.225, 0.037), (-0.19, 0.052), (-0.10, 0.055), (-0.03, 0.055), (0.02, 0.046)]
    tube = _tube([side + SHIN] * 4 + [side + THIGH] * 5, [(z, 1.08 * r, r) for z, r in shin + thigh], cloth, build**0.7)
    tube.colours[: {"trousers": 0, "shorts": 4, "skirt": 8}[legs]] = skin
    return tube


def _shoe(side: int, colour: np.ndarray) -> Tube:
    shoe = _tube(side + FOOT, SHOE, colour, lying=True)
    shoe.centres[:, 2] = shoe.radii[:, 1] - ANKLE
    return shoe


def _arm(side: int, garment: str, cloth: np.ndarray, skin: np.ndarray, build: float) -> Tube:
    fore = [(-0.205, 0.004), (-0.19, 0.013), (-0.165, 0.018), (-0.14, 0.015), (-0.07, 0.019), (-0.012, 0.021)]
    upper = [(-0.16, 0.023), (-0.10, 0.026), (-0.03, 0.030), (0.0, 0.028), (0.018, 0.008)]
    sleeve = [0.0] * 3 + [GARMENTS[garment][1]] * 8
    profile = [(z, 1.1 * (r + cover), r + cover) for (z, r), cover in zip(fore + upper, sleeve, strict=True)]
    tube = _tube([side + FOREARM] * 6 + [side + UPPER_ARM] * 5, profile, cloth, build**0.7)
    tube.colours[: 6 if garment == "tee" else 2] = skin
    return tube


def _bag(kind: str, colour: np.ndarray) -> list[Tube]:
    if kind == "backpack":
        return [_tube(CHEST, BACKPACK, colour, x=-0.098)]
    if kind == "shoulder":
        return [_tube(PELVIS, SHOULDER_BAG, colour, y=0.128)]
    if kind == "tote":
        return [_tube(RIGHT + FOREARM, TOTE, colour)]
    return []
