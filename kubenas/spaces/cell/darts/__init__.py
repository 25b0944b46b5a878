"""The cells of DARTS (Liu, Simonyan and Yang, ICLR 2019, arXiv 1806.09055)."""
