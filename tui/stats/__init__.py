"""What the Stats screen shows: counted in small pieces, as tables and as plots."""
