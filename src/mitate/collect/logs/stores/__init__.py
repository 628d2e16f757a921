"""Where logs are gathered already: Elasticsearch, OpenSearch, Loki, Splunk. The search is done there.

``place.py`` says which store is meant, ``access.py`` who asks, ``client.py`` is HTTP within bounds,
``fields.py`` what the records call things. One file for each kind of store puts the question and pages
through its answer (``elastic.py``, ``loki.py``, ``splunk.py``); ``gather.py`` makes events of what came.
"""
