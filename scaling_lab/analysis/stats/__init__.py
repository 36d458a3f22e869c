"""The statistics that all analyses use: contrasts, noise, power, power laws, correlation of seeds."""
