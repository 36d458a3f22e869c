"""One file per family: the published table as data, and a form for small images."""
