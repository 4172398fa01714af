"""Graphs: what workflows are made of. Read from YAML, checked, drawn and run by pure functions."""
