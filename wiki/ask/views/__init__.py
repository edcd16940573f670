"""Views of queries, properties and facts."""
