"""Result formats: what a question found, as HTML for a page or as a file. One module per family."""
