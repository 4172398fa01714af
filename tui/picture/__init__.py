"""One picture in the terminal, with outlines over it: Kitty graphics, Sixel or coloured cells."""
