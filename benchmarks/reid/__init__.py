"""Rows for the tables of the papers: each trained and measured, ours beside theirs."""
