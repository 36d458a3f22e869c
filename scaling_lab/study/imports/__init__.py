"""Import of results that were trained elsewhere: from files to one record per training. No torch."""
