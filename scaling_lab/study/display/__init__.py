"""Output of a sweep: plan, progress, status and log messages."""
