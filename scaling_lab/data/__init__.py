"""Labelled pictures: the values (`pictures`), one module a data set, how they are found, decoded and kept (`listing`,
`decoding`, `kept`), and their way to batches (`batches`).

Only what makes batches imports torch. A data set is a function that returns `pictures.Pictures` or `streamed.Streamed`.
"""
