"""The datatypes by SMW's id: `registry.DATATYPES`. A new datatype is a module here and a line in `registry.py`."""
