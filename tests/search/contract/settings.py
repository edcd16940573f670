"""Settings with modelsearch's test app and the Whoosh backend, without the wiki app."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from movilab.env_settings import database

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ["MOVILAB_DATA"])
DATABASES = {"default": database("MOVILAB_DATABASE", DATA)}
SECRET_KEY = "for tests alone"
INSTALLED_APPS = [
    "modelsearch.test.testapp",
    "modelsearch",
    "taggit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
]
USE_TZ = True
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    INSTALLED_APPS.append("django.contrib.postgres")
    DATABASES["default"]["TEST"] = {"NAME": f"movilab_contract_{os.getpid()}"}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
MODELSEARCH_BACKENDS = {
    "default": {
        "BACKEND": "wiki.search.engine.backend",
        "FOLDER": tempfile.mkdtemp(prefix="index-", dir=DATA),
        "AUTO_UPDATE": False,
    }
}
FIXTURE_DIRS = [HERE, *filter(Path.is_dir, (parent / "shared/data/modelsearch" for parent in HERE.parents[3:]))]
