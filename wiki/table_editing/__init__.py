"""Tables of query results and directories whose cells are inputs: saved as one batch, which can be undone."""
