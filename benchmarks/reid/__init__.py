"""Reproduction of the papers' tables: each row trained and evaluated, beside the published figures."""
