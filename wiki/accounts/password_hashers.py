"""How passwords are stored."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class ModestArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id with the parameters of OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one thread.

    Django's take 100 MiB for each password: ten people who sign in at once would fill the memory of a small server.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
