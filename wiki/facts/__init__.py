"""Facts: typed values that pages state, each with its lifetime; and the declarations of their properties."""
