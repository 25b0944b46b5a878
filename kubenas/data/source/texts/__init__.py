"""Sources of labelled texts: tables, and .txt files in class folders."""
