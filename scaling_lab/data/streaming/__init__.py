"""Datasets that are read from disk during training: index, reader processes, crops and batches."""
