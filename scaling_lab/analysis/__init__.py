"""Plan and results to answers. No torch."""
