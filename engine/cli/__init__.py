"""The engine's nouns on the command line, one file each."""
