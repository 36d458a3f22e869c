"""Stands in for a contender: its rate is its number of threads; it dies on the network `bad`."""

import json
import os
import sys

threads = int(os.environ.get("OMP_NUM_THREADS", 0))
for line in sys.stdin:
    if json.loads(line).get("network") == "bad":
        sys.exit("this one is bad")
    print(threads, flush=True)
