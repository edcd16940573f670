"""Forms: the fields of each kind of page, and pages written by filling them in."""
