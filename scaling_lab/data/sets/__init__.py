"""One file a data set. Each has a function that returns a data set value."""
