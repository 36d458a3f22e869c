"""A harness for studying how convolutional networks scale."""
