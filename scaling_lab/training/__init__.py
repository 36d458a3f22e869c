"""From a module, pictures and a resolved recipe to trained weights."""
