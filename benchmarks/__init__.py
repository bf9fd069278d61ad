"""Benchmarks with the standard metrics of the field."""
