"""Networks as values: layers, blocks, the whole, and the families that are tables of them. No torch."""
