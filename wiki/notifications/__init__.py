"""Watches of pages, places, categories, kinds, people and questions; the inbox of notifications, and their e-mails."""
