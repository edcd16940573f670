"""Semantic queries: the query language, its execution, the formats of results, and the views."""
