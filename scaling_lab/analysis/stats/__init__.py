"""Statistics used by all analyses: contrasts, noise, power, power laws, correlation of seeds."""
