"""The answer of a study in three sentences."""

import pandas as pd

from scaling_lab.report.headline import describe_training
from scaling_lab.store.imported import UNKNOWN


def test_what_an_import_does_not_say_is_called_unknown():
    table = pd.DataFrame({"dataset": ["cifar10", UNKNOWN], "recipe": [UNKNOWN, UNKNOWN]})
    assert describe_training(table) == "cifar10 and an unknown data set under an unknown recipe"
    table = pd.DataFrame({"dataset": ["cifar10"] * 3, "recipe": ["short", UNKNOWN, "long"]})
    assert describe_training(table) == "cifar10 under the recipe short and long and an unknown recipe"
