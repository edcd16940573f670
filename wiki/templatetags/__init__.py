"""Template tags: a door of the house. Templates reach the rooms through them."""
