"""Files of pictures: archives, listings, decoding, downloads and the cache of decoded pictures."""
