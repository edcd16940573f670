"""History of pages: comparing, restoring and undoing versions; recent changes; authors of passages and words."""
