"""YAML front matter: a reader and a writer."""
