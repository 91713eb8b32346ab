"""Collects candidates from the strategies, proves and ranks them."""
