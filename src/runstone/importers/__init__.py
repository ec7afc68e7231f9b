"""Other programs' runs, read in: one file per kind of source. A source yields what it holds in the words of
:mod:`~runstone.importers.contents`; :mod:`~runstone.importers.read_in` makes records of it and writes them to any store.
Nothing here knows a database of ours, and nothing ever writes to a source."""
