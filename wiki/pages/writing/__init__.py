"""The only code that writes pages and versions, and what is derived from them."""
