"""Texts as they are read: glyphs, lines that fit, ways through a text, spans."""
