"""`python -m scaling_lab`."""

import sys

from scaling_lab.cli import main

sys.exit(main())
