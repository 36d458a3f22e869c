"""What others published: the tables, an audit that recounts them, and the claims, judged."""
