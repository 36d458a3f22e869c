"""What the page contains besides its text: scripts, libraries, data and images, so that it needs no other file."""

import base64
import gzip
import io
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

SCRIPTS = ("shared.js", "charts.js", "tables.js", "points.js", "start.js")
COLORS, MAX_CHANGE = 128, 1.0
JAVASCRIPT = files(__package__) / "javascript"


@cache
def read_script() -> Markup:
    """Return the page's own script."""
    parts = [(JAVASCRIPT / name).read_text(encoding="utf-8") for name in SCRIPTS]
    return Markup('"use strict";\n(() => {\n' + "\n".join(parts) + "})();")  # noqa: S704 - a file of this package


@cache
def read_vega() -> Markup:
    """Return the library of charts, compressed and in base64 (`scripts/make_vega_bundle.py`)."""
    return _to_base64((JAVASCRIPT / "vega.js.gz").read_bytes())


@cache
def read_licenses() -> Markup:
    """Return the licences of the library."""
    return Markup((JAVASCRIPT / "LICENSES.txt").read_text(encoding="utf-8"))  # noqa: S704 - a file of this package


def to_script_json(value: Any) -> Markup:
    """Return JSON that may stand inside a script element: `<`, `>` and `&` are escaped, so no text can end it."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704 - escaped above


def to_compressed_json(value: Any) -> Markup:
    """Return JSON as gzip in base64, for what a page's script reads only on demand."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return _to_base64(gzip.compress(text.encode(), mtime=0))


def inline_image(png: Path) -> tuple[str, int, int]:
    """Return a PNG file as the address of an image in the page, and its width and height at 100 dots per inch.

    A drawing is stored as lossless WebP of COLORS colors, which takes a quarter of the bytes of the PNG file. Where
    that changes pixels by more than MAX_CHANGE on average, as with photographs, it is lossy WebP of all colors.
    """
    from PIL import Image

    with Image.open(png) as opened:
        image, file = opened.convert("RGB"), io.BytesIO()
    drawn = image.quantize(COLORS, method=Image.Quantize.MAXCOVERAGE).convert("RGB")
    if np.abs(np.asarray(image, np.int16) - np.asarray(drawn)).mean() < MAX_CHANGE:
        drawn.save(file, "WEBP", lossless=True, method=1, quality=60)  # quality: effort
    else:
        image.save(file, "WEBP", quality=90)
    width, height = image.size
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}", width // 2, height // 2


def _to_base64(content: bytes) -> Markup:
    return Markup(base64.b64encode(content).decode())  # noqa: S704 - base64
