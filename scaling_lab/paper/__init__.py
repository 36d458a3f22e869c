"""Published results: tables, an audit that recounts their numbers, and the papers' claims with verdicts."""
