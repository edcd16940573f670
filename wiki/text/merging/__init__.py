"""Three-way merge of texts: lines, front matter, whole documents, and their conflicts."""
