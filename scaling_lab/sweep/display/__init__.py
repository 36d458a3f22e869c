"""How a plan, a running sweep and a status are shown in a terminal."""
