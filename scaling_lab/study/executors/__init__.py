"""Executors and the worker processes they use: fresh and single-threaded. Only workers import torch."""
