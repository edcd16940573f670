"""Questions: the query language, its compiler, and the formats of results."""
