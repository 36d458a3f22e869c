"""What a network costs, computed from its value: multiply-adds, parameters, activations, memory. No torch."""
