"""Image files: archives, listings, decoding, downloads and the cache of decoded datasets."""
