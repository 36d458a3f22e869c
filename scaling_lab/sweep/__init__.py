"""Questions to a plan, and plan minus results: resolve, drop what is asked twice, forecast, tell. No torch."""
