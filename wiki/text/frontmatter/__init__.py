"""YAML front matter: reading it into entries, and writing entries back."""
