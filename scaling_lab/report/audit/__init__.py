"""The audit's page and files: a figure, tables and a few sentences on how published numbers compare with counts."""
