"""Whether text in one colour is readable on another, and the nearest colour that is; pure.

The rule is that of WCAG 2.2 (success criterion 1.4.3): the ratio of the relative luminances must be 4.5 or more for
text.
"""

from colorsys import hls_to_rgb, rgb_to_hls
from functools import lru_cache

READABLE = 4.5
PAGE = "#ffffff"
"""The background of a digest in light mode."""
DARK_PAGE = "#14181d"
"""The background of a digest in dark mode."""
LIGHTER_BY = 8.5
"""The contrast of an accent colour with the background in dark mode, where letters look thinner."""

STEPS = 200


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours such as `#0a4f8f`, from 1 (equal) to 21 (black on white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@lru_cache(100)  # a service asks for the same colours at every pass, and each answer takes a hundred trials
def nearest_readable(colour: str, *, on: str, ratio: float = READABLE) -> str:
    """Return `colour`, or its nearest shade whose contrast with `on` is at least `ratio`.

    The shade is darker if `on` is light, and lighter if `on` is dark; hue and saturation stay. If no shade has enough
    contrast, the result is black or white.
    """
    hue, lightness, saturation = rgb_to_hls(*_parts(colour))
    end = 0.0 if _luminance(on) > _luminance("#777777") else 1.0
    for step in range(STEPS + 1):
        shade = _hex(*hls_to_rgb(hue, lightness + (end - lightness) * step / STEPS, saturation))
        if contrast(shade, on) >= ratio:
            return shade
    return _hex(end, end, end)


def _luminance(colour: str) -> float:
    red, green, blue = map(_linear, _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    threshold = 0.04045
    return part / 12.92 if part <= threshold else ((part + 0.055) / 1.055) ** 2.4


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red / 255, green / 255, blue / 255


def _hex(*parts: float) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
