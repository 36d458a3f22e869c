"""`python -m scaling_lab`: the same as the command `scaling-lab`."""

import sys
from contextlib import suppress
from pathlib import Path

with suppress(OSError):  # the current folder may be gone
    # `python -m` puts the current folder first, from which a pandas.py of the user's would be imported.
    if sys.path[:1] == [str(Path.cwd())] and Path.cwd() != Path(__file__).resolve().parents[1]:
        del sys.path[0]

from scaling_lab.cli import main

sys.exit(main())
