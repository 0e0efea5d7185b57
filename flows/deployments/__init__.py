"""The deployments of prefect.yaml: how they are served and watched, and what each of their runs has in common.

runs.py      a run: its name, one at a time, how it ends, and what a killed one left behind
serving.py   serving them from one process, and the automations that tell when something is wrong
watching.py  what the server says of a dataset's schedule: whether it is served, what is due or late
"""
