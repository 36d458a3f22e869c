"""Data sets that are read from disk while training: index, readers, crops and batches."""
