"""How good a generator is, in NumPy: each module one measure, on features of shape (N, F), of any extractor."""
