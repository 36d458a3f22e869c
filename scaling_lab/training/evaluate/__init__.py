"""What is read off a module, one file a measure."""
