"""Accuracy as a function of how a network's scaling is divided between depth, width and resolution."""
