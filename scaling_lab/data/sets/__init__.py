"""One module per dataset; each has functions that return an `InMemoryDataset`, named by `_target_` in conf/dataset."""
