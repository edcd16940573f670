"""The only code that writes pages, versions, and the data derived from them."""
