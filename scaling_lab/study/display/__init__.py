"""What a sweep prints: the plan, the progress, the status, and log messages."""
