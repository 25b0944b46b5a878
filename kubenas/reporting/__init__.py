"""Reports: tables, plots and cards from the journal of a search."""
