"""The site's settings for tests: a folder of their own for each process, and nothing from the developer's shell.

Only MOVILAB_DATABASE is let through: it says on which database the tests run.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile

for _name in [name for name in os.environ if name.startswith("MOVILAB_") and name != "MOVILAB_DATABASE"]:
    if not _name.startswith("MOVILAB_TEST_"):
        del os.environ[_name]
_folder = os.environ["MOVILAB_DATA"] = tempfile.mkdtemp(prefix="movilab-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

from movilab.settings import *
from movilab.settings import BASE_DIR, DATABASES, STORAGES, TEMPLATES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed: tests sign in a thousand times
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True  # no collectstatic before a test

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    _options = DATABASES["default"]["OPTIONS"]
    _options["init_command"] = _options["init_command"].replace("synchronous=FULL", "synchronous=OFF")


class MissingVariable(str):
    """What templates print for a variable that the view did not give: an error in our own templates.

    Django would print nothing. Templates of Django and Wagtail rely on that, ours do not.
    """

    def __contains__(self, part: object) -> bool:
        return part == "%s"  # so that Django calls `__mod__` with the variable

    def __mod__(self, variable: object) -> str:
        context = sys._getframe(1).f_locals["context"]
        template = context.render_context.template
        if str(template.origin.name).startswith(str(BASE_DIR / "templates")):
            raise UndefinedVariable(f"{template.name}: {variable}")
        return ""


class UndefinedVariable(Exception):
    """A template of ours uses a variable that the view does not give."""


TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = MissingVariable("missing")
