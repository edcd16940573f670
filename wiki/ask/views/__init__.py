"""Screens of queries, properties and facts."""
