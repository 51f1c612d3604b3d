"""Routing: decides which tjeneste receives for a place, and keeps signed address labels at hand."""
