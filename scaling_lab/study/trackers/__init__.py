"""Trackers of experiments (`tracker=...`): what the sweep tells them, and one module for each. No torch."""
