"""python -m hub: the same as the command `tilanne`."""

from hub.cli.main import main

main()
