"""The demo: content as data, and the pencil that draws its pictures."""
