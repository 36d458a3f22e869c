"""The paper's Figure 5: accuracy over FLOPs."""

from scaling_lab.report.figures.published_networks import PublishedNetworks


class AccuracyPublishedFlops(PublishedNetworks):
    """Accuracy over multiply-adds."""

    title = "Accuracy against FLOPs, measured and published (Figure 5 of the EfficientNet paper)"
    cost = "flops"
    published_cost = ("flops_B", "gmacs")
    published_unit = "billion"
    quantity = "the obtained FLOPs of one image (multiply-adds)"
    label = "FLOPs ({} multiply-adds)"
    number = 5
