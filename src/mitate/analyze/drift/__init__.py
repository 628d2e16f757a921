"""What differs among equals, what runs with what was replaced since, and what was changed when.

``reading.py`` (options as a service sees them) → ``equals.py`` (who is compared with whom) → one file for
each kind of difference → ``timeline.py`` (what was changed, beside the first error). Checks of the check-up
and ``mitate drift`` ask the same functions.
"""
