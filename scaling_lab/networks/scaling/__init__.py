"""Scaling rules: network to network. No torch."""
