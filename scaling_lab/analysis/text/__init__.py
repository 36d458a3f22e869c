"""Results of the analyses as sentences for the terminal and the report."""
