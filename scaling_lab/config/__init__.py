"""Settings of the user as validated values. No torch."""
