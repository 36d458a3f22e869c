"""Scaling rules: from a baseline network to a larger or smaller one. No torch."""
