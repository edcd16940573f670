"""Imports from files of other kinds: CSV of places, JSON Lines of a history, folders of images, the demo."""
