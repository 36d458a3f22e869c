"""Hydra's side of a sweep: axes and composed configs in, questions out. No config object goes further than here."""
