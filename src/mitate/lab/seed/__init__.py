"""What makes an empty OpenStack into the healthy cloud of the lab.

`databases.sh` runs on the controller; the Python files run on the operator's host, with the openstacksdk of
the release and the administrator's credentials in the environment, as `python3 -c` would run them. They may
import nothing of mitate, may print, and may be run again: what is there already is left as it is.
"""
