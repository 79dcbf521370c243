"""python -m hub: the same as the command `tilanne`."""

from hub.cli import main

main()
