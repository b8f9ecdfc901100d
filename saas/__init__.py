"""The product: core, web and one slice per feature."""
