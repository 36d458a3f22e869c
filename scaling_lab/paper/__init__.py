"""What others published: the tables, an audit that recounts their numbers, and the papers' claims with verdicts."""
