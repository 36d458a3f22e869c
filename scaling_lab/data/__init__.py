"""Datasets of labeled images and their way to batches: one module per dataset in `sets`, batches in `loaders`.

A dataset is an `InMemoryDataset` or a `StreamedDataset`; a setting's `_target_` is a function that returns one. Only
the modules that make batches import torch.
"""
