"""Floor 4: comparing, restoring and undoing versions; what changed, where, by whom."""
