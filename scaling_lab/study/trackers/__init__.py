"""Trackers of experiments (`tracker=...`): the interface, how a sweep calls it, and one module for each. No torch."""
