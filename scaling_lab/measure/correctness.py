"""Which pictures a trained module classifies correctly."""

import torch
from torch import nn

from scaling_lab.data.batches import at_side, in_order, normalise
from scaling_lab.data.pictures import Pictures, Split

AT_ONCE = 500


def correctness(module: nn.Module, split: Split, pictures: Pictures, side: int) -> list[bool]:
    """Whether the largest logit is the label, picture by picture in the order of `split`, in evaluation mode."""
    images, labels = at_side(split.images, side), torch.tensor(split.labels)
    device = next(module.parameters()).device
    module.eval()
    correct: list[bool] = []
    with torch.inference_mode():
        for batch, targets in in_order(images, labels, AT_ONCE):
            logits = module(normalise(batch.to(device), pictures.mean, pictures.std))
            correct += (logits.argmax(1).cpu() == targets).tolist()
    return correct
