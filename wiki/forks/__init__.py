"""Floor 7: taking a page home, and staying in touch with where it came from."""
