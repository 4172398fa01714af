"""Palettes, style sheets and keymaps: data and a few lines that load it."""
