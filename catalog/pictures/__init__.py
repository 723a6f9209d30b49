"""Placeholder pictures of products: flat SVG illustrations, drawn from a kind and a seed.

Each file `kinds/<kind>.svg` holds the shapes of one illustration on an 800 × 800 canvas whose
ground lies near y = 640. `picture` puts them on a tinted background and fills in:

- `{a}` and `{b}`, the two leading colours of the palette, `{bg}`, its background, and the
  materials of `MATERIALS`; each also as `{….light}` and `{….dark}` (the background excepted);
- `url(#a)`, `url(#wood)`, …: the same colour, shaded from left to right;
- `url(#shadow)`: the soft shadow on the ground;
- `<choice><option>…</option><option>…</option></choice>`: one option, chosen by the seed.

Only presentation attributes are used, because the content security policy forbids styles.
"""

import re
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

PLACEHOLDER = "placeholder"

_FOLDER = Path(__file__).parent / "kinds"
_CHOICE = re.compile(r"<choice>(.*?)</choice>", re.DOTALL)
_OPTION = re.compile(r"<option>(.*?)</option>|<option/>", re.DOTALL)
_COLOUR = re.compile(r"\{([a-z.]+)\}")
_SHADED = re.compile(r"url\(#([a-z]+)\)")

_INK = "#2e2a3b"
_WHITE = "#ffffff"


class Palette(NamedTuple):
    background: str
    a: str
    b: str


PALETTES = (
    Palette("#f9eadf", "#d9694a", "#2f6f73"),
    Palette("#e6f0e4", "#6f9a6a", "#e0a33e"),
    Palette("#e3ebf5", "#3f6496", "#e8845c"),
    Palette("#fbf1d5", "#e0a630", "#3d5a80"),
    Palette("#f3e6ef", "#8b4f80", "#e3b04b"),
    Palette("#dff1ee", "#2f8f8b", "#f0805a"),
    Palette("#fbe6e6", "#d9657d", "#4c7d8c"),
    Palette("#e1f0f8", "#5aa0c8", "#d4574e"),
    Palette("#f1f0d9", "#8a8d3c", "#b5553c"),
    Palette("#e9ebec", "#4d5560", "#dba23a"),
    Palette("#ebe8f7", "#7b74c0", "#f2a65a"),
    Palette("#f7e7df", "#a8433a", "#e9c46a"),
)

MATERIALS = {
    "brass": "#dcae52",
    "clay": "#c9744f",
    "coffee": "#5b3a29",
    "crust": "#cf8f45",
    "glass": "#cbe3ea",
    "ink": _INK,
    "leaf": "#5c9a5b",
    "paper": "#fbf7ef",
    "steel": "#b7c1cb",
    "wood": "#bb8753",
}


class UnknownKind(LookupError):
    """There is no illustration of this name."""


@cache
def kinds() -> tuple[str, ...]:
    """The names of all illustrations in alphabetical order, `placeholder` among them."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.svg")))


@lru_cache(maxsize=512)
def picture(kind: str, seed: int) -> str:
    """An SVG document of 800 × 800; the same kind and seed always give the same text.

    Raises UnknownKind.
    """
    if kind not in kinds():
        raise UnknownKind(kind)
    shapes = _chosen(_shapes(kind), kind, seed)
    if kind == PLACEHOLDER:
        return _document(
            kind, "", f'<path d="M0 0h800v800H0z" fill="#808080" fill-opacity=".13"/>{shapes}'
        )
    palette = PALETTES[seed % len(PALETTES)]
    colours = _colours(palette)
    names = sorted(set(_SHADED.findall(shapes)) - {"shadow"})
    gradients = _BACKDROP_GRADIENTS + "".join(_shading(name) for name in names)
    return _COLOUR.sub(
        lambda match: colours[match[1]], _document(kind, gradients, _BACKDROP + shapes)
    )


_BACKDROP_GRADIENTS = (
    '<linearGradient id="back" x2="0" y2="1"><stop stop-color="{bg.light}"/>'
    '<stop offset="1" stop-color="{bg}"/></linearGradient>'
    '<radialGradient id="shadow"><stop stop-color="{ink}" stop-opacity=".34"/>'
    '<stop offset="1" stop-color="{ink}" stop-opacity="0"/></radialGradient>'
)
_BACKDROP = (
    '<path d="M0 0h800v800H0z" fill="url(#back)"/>'
    '<circle cx="400" cy="390" r="310" fill="#fff" fill-opacity=".45"/>'
)


def _document(kind: str, gradients: str, shapes: str) -> str:
    definitions = f"<defs>{gradients}</defs>" if gradients else ""
    title = kind.replace("-", " ").capitalize()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="800" height="800" viewBox="0 0 800 800"'
        f' role="img" xml:lang="en"><title>{title}</title>{definitions}{shapes}</svg>\n'
    )


def _shading(name: str) -> str:
    return (
        f'<linearGradient id="{name}"><stop stop-color="{{{name}.light}}"/>'
        f'<stop offset=".45" stop-color="{{{name}}}"/>'
        f'<stop offset="1" stop-color="{{{name}.dark}}"/></linearGradient>'
    )


@cache
def _shapes(kind: str) -> str:
    return (_FOLDER / f"{kind}.svg").read_text(encoding="utf-8").replace("\n", "")


def _chosen(shapes: str, kind: str, seed: int) -> str:
    dice = iter(blake2b(f"{kind} {seed}".encode(), digest_size=16).digest())

    def roll(match: re.Match[str]) -> str:
        options: list[str] = _OPTION.findall(match[1])
        return options[next(dice) % len(options)]

    return _CHOICE.sub(roll, shapes)


@cache
def _colours(palette: Palette) -> dict[str, str]:
    colours = {"bg": palette.background, "bg.light": _mixed(palette.background, _WHITE, 0.55)}
    for name, colour in {"a": palette.a, "b": palette.b, **MATERIALS}.items():
        colours[name] = colour
        colours[f"{name}.light"] = _mixed(colour, _WHITE, 0.26)
        colours[f"{name}.dark"] = _mixed(colour, _INK, 0.24 if name != "paper" else 0.12)
    return colours


def _mixed(colour: str, other: str, share: float) -> str:
    """`colour` moved towards `other` by `share` (0 to 1); all as #rrggbb."""
    channels = (
        round(int(colour[i : i + 2], 16) * (1 - share) + int(other[i : i + 2], 16) * share)
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)
