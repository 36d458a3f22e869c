"""The page of the audit of published numbers."""
