"""Sizes: integers and symbols, their arithmetic and comparison, shapes, expressions."""
