"""Floor 6: changes that are offered to a page by someone who does not write it directly."""
