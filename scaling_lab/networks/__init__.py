"""Networks as values: layers, blocks, networks, families, costs and scaling rules. No torch."""
