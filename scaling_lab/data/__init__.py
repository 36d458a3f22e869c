"""Labelled pictures in memory: the values (`pictures`), one module a data set, and their way to batches (`batches`).

Only `batches` imports torch. A data set is a function without arguments that returns `pictures.Pictures`.
"""
