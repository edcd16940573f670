"""Floor 7: archives out and in, and imports from other places."""
