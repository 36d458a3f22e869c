"""Best learning rates: of each network, whether they move with its size, and verdicts with each rule at its own."""
