"""`python -m scaling_lab`: the same as the command `scaling-lab`."""

import sys

from scaling_lab.cli import main

sys.exit(main())
