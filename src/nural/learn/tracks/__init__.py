"""The tracks of the workshop: functions to write in the order of learning, from bare functions to a trained network.

`NAME.toml` is a track: its words in each language, and its modules with their exercises. `exercises/SUBJECT.toml` holds
the exercises, a table a function, which all tracks share. Solutions are the functions of `nural.reference`.
"""
