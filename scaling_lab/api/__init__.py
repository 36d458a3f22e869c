"""The Python interface, re-exported by `scaling_lab`: one file per topic. Nothing here imports torch; `sweep` starts
processes that do.
"""
