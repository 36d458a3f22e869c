"""Points to processes: fresh, single-threaded, one a core. torch is imported in the workers only."""
