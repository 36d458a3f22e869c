"""Write the JavaScript of the report's charts: Vega, Vega-Lite and vega-embed in one compressed file.

    pip install vl-convert-python
    python scripts/make_vega_bundle.py

vl-convert-python carries these libraries. It has 88 MB and takes ten seconds to join them, so reports do not need it:
the file is part of the package.
"""

import gzip
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "scaling_lab" / "report" / "javascript" / "vega.js.gz"


def main() -> None:
    """Write the file; the same version of vl-convert-python gives the same bytes."""
    import vl_convert

    script = vl_convert.javascript_bundle()
    TARGET.write_bytes(gzip.compress(script.encode(), 9, mtime=0))
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes, Vega-Lite {vl_convert.get_vegalite_versions()[-1]}")


if __name__ == "__main__":
    main()
