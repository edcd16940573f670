"""Views of linked and open data."""
