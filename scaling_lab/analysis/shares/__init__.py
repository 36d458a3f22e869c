"""Accuracy as a function of the shares of depth, width and resolution."""
