"""What the page contains besides its text: scripts, libraries, data and images, so that it needs no other file."""

import base64
import io
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from markupsafe import Markup

SCRIPTS = ("shared.js", "charts.js", "tables.js", "points.js", "start.js")
JAVASCRIPT = files(__package__) / "javascript"


@cache
def read_script() -> Markup:
    """Return the page's own script."""
    parts = [(JAVASCRIPT / name).read_text(encoding="utf-8") for name in SCRIPTS]
    return Markup('"use strict";\n(() => {\n' + "\n".join(parts) + "})();")  # noqa: S704 - a file of this package


@cache
def read_vega() -> Markup:
    """Return the library of charts, compressed and in base64 (`scripts/make_vega_bundle.py`)."""
    return Markup(base64.b64encode((JAVASCRIPT / "vega.js.gz").read_bytes()).decode())  # noqa: S704 - base64


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


def inline_image(png: Path) -> tuple[str, int, int]:
    """Return a PNG file as the address of an image in the page, and its width and height at 100 dots per inch.

    It is stored as lossless WebP, which takes less than half of the bytes.
    """
    from PIL import Image

    with Image.open(png) as image:
        file = io.BytesIO()
        image.convert("RGB").save(file, "WEBP", lossless=True, method=1, quality=60)  # quality: effort
        width, height = image.size
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}", width // 2, height // 2
