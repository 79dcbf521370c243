"""Words for humans: every command of `tilanne`, each with an example, most with --json."""
