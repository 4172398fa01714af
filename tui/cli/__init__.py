"""The app's nouns of the command line."""
