"""``python -m runstone`` is the command ``runstone``."""

from runstone.cli.main import main

main()
