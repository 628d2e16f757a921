"""The program that runs on a host for the seconds of a probe, sent there as it stands.

Python 3.6 and its standard library only, so annotations are strings. Everything that it makes is held by the
process itself (sockets, BPF programs, a network namespace without a name with the scratch link in it): when
the process ends, however it ends, the kernel takes all of it away.
"""
