"""What a user can set, as checked values. No torch."""
