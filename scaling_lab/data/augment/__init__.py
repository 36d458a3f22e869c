"""Random crops, flips, augmentation policies and mixing, on whole batches."""
