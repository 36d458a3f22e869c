"""Hydra's side of a sweep: axes and composed configs in, questions out. Nothing else uses Hydra's config objects."""
