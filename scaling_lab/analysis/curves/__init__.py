"""Accuracy as a function of FLOPs: budgets, fitted curves, gains of a doubling, and FLOPs saved at equal accuracy."""
