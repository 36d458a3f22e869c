"""Measurements of a module: accuracy, fvcore's counts, latency."""
