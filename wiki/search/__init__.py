"""Search: what is indexed of pages and files, the outbox and job that update the index, queries, and their results."""
