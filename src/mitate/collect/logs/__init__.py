"""Finding and scanning logs: bytes in, events out.

``with logs_at(paths) as logs`` finds the files (``find.py``), ``read(file)`` gives their events
(``events.py``): bytes and lines (``streams.py``), what is around a line taken off (``wrapped.py``), the line
itself (``plain.py``), what belongs together joined, with the tracebacks (``traceback.py``).
"""
