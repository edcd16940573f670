"""Changes that are proposed to a page by someone who does not write it directly: from a fork, or without an account."""
