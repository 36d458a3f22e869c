"""The paper's Figure 1: accuracy over the number of parameters."""

from scaling_lab.report.figures.published_networks import PublishedNetworks


class AccuracyParameters(PublishedNetworks):
    """Accuracy over parameters."""

    title = "Accuracy against parameters, measured and published (Figure 1 of the EfficientNet paper)"
    cost = "params"
    published_cost = ("params_M", "params_M")
    published_unit = "million"
    quantity = "the number of parameters"
    label = "parameters ({})"
    number = 1
