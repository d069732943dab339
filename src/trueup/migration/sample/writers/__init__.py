"""Putting the finished tables into an engine; each writer leaves all of them behind, or none."""
