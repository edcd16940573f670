"""Facts: typed values that pages state, each with a life; what their properties declare."""
