"""Template tags and filters, by which templates use the packages of the wiki."""
