"""Accuracy as a function of FLOPs: budgets, fits, growth and savings."""
