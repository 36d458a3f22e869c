"""Answers of the analyses as sentences."""
