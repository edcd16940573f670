"""The datatypes by SMW's id: `DATATYPES`. A new one is a module here and a line in `registry.py`."""
