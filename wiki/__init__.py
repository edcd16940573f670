"""The wiki. Rooms stand on floors; a room imports only from the floors beneath it.

See CONTRIBUTING.md («The house»); import-linter holds the rule in `make lint`.
"""
