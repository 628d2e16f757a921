"""What it means. Pure: no socket, no subprocess, no clock."""
