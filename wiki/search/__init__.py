"""Search: what the index holds of pages and files, who keeps it, and the pages that answer a reader's words."""
