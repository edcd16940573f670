#!/usr/bin/env python3
"""The administrator's door: `python manage.py help` lists what can be done."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "movilab.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here: run `make install`, then use .venv/bin/python manage.py.")
    execute_from_command_line(sys.argv)
