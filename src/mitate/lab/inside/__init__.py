"""What looks at the cloud from inside the operator's host, with that host's Python and without mitate."""
