"""The site's settings for tests: a folder of their own for each process, and nothing from the developer's shell.

Only MOVILAB_DATABASE is let through: it says on which database the tests run.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

for _name in [name for name in os.environ if name.startswith("MOVILAB_") and name != "MOVILAB_DATABASE"]:
    if not _name.startswith("MOVILAB_TEST_"):
        del os.environ[_name]
_folder = os.environ["MOVILAB_DATA"] = tempfile.mkdtemp(prefix="movilab-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

from movilab.settings import *
from movilab.settings import DATABASES, STORAGES, TEMPLATES
from tests.template_checks import MissingVariable

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed: tests sign in a thousand times
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
MAIL_DELIVERY_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True  # no collectstatic before a test

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    _options = DATABASES["default"]["OPTIONS"]
    _options["init_command"] = _options["init_command"].replace("synchronous=FULL", "synchronous=OFF")

TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = MissingVariable()
