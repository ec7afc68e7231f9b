"""``python -m runstone`` is the command ``runstone``."""

from runstone.cli.start import main

main()
