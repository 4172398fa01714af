"""The machine room: a process of its own that runs models."""
