"""The queue of e-mails: every sender writes into it, and the worker sends."""
