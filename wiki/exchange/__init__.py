"""Export and import of archives, imports from files of other kinds, and attribution texts."""
