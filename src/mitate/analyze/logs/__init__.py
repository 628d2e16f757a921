"""What logs mean: events → profile → trouble, with its origin before its echoes → answer.

``profile.py`` takes events one at a time and keeps what is needed, within bounds; ``answer.py`` makes of one
profile, and of one of a healthy time, the ranked answer.
"""
