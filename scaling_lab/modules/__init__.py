"""Networks of the user's own code: factories of torch modules, loaded, counted and built as families."""
