"""Costs of a network computed from its value: multiply-adds, parameters, activations, memory. No torch."""
