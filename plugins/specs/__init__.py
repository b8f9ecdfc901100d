"""The hook specifications, one page a family; the docstring of a hook is its contract."""
