"""The life of one server or request, out of what the API and the logs of all hosts say.

``known.py``: what there is to go by. ``following.py``: which ids belong to it, and which lines.
``access.py``: lines of web servers, which say who asked whom. ``entries.py``: lines and events as entries, in
true order (``clock.py``). ``waiting.py``: silences, and who waited for whom (``rpc.py``). ``trouble.py``: the
first error. ``outcome.py``: how it came out. ``blind.py``: what could not be seen. ``story.py`` puts it
together.
"""
