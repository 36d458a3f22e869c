"""Train a study: `python run_sweep.py rule=depth,width times_flops=2,4 'seed=range(0,3)' name=mine`.

Without arguments: the study conf/study/quick.yaml. `do=plan` prints the plan, `do=status` the progress.
"""

import sys

if __name__ == "__main__":  # every worker process imports this file again
    from hydra_plugins.scaling_lab_plugins.front_door import hydra_main

    sys.exit(hydra_main())
