"""Discussions of pages: threads of posts, on a page as a whole or on one of its passages."""
