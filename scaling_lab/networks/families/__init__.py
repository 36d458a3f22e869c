"""One file a family: the published table as data, and its small-picture form."""
