"""Multinomial logistic regression on the pixels: the accuracy that needs no convolutional network."""

import time

import torch
from torch import Tensor
from torch.nn import functional

from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.sets.fashion_mnist import fashion_mnist_10k

WEIGHT_DECAYS = (1e-3, 1e-2, 1e-1)
ITERATIONS = 100


def linear_accuracy() -> tuple[float, float]:
    """Return (held-out, test) accuracy in 0 .. 1 at the weight decay that is best on the held-out images."""
    pictures = fashion_mnist_10k()
    features, labels = _features(pictures, pictures.train)
    fits = [_fit(features, labels, pictures.classes, decay) for decay in WEIGHT_DECAYS]
    held_out = [_accuracy(weights, *_features(pictures, pictures.held_out)) for weights in fits]
    best = max(range(len(fits)), key=held_out.__getitem__)
    return held_out[best], _accuracy(fits[best], *_features(pictures, pictures.test))


def _features(pictures: InMemoryDataset, split: Split) -> tuple[Tensor, Tensor]:
    pixels = torch.tensor(split.images).flatten(1).float() / 255
    centred = (pixels - pictures.mean[0]) / pictures.std[0]
    return functional.pad(centred, (0, 1), value=1.0), torch.tensor(split.labels)


def _fit(features: Tensor, labels: Tensor, classes: int, decay: float) -> Tensor:
    weights = torch.zeros(classes, features.shape[1], requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=ITERATIONS, history_size=20, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        penalty = decay / 2 * weights[:, :-1].square().sum()
        value = functional.cross_entropy(functional.linear(features, weights), labels) + penalty
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return weights.detach()


def _accuracy(weights: Tensor, features: Tensor, labels: Tensor) -> float:
    return float((functional.linear(features, weights).argmax(1) == labels).float().mean())


def main() -> None:
    """Print both accuracies and the time they took."""
    start = time.perf_counter()
    held_out, test = linear_accuracy()
    print(f"held-out {held_out:.2%}  test {test:.2%}  in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
