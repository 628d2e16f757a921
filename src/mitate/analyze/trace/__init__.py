"""The packet: where it goes, where it dies, and whether the reply comes home. ``walk.py`` is the story."""
