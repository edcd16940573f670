"""Result formats: query results as HTML for a page or as a download. One module for each group of formats."""
