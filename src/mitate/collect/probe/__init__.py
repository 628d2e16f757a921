"""Asking the network itself: a marked packet, seen wherever it comes by. Only when asked to, and it leaves
nothing behind."""
