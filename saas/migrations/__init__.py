"""Schema history of the product: one tree, replayed in every tenant schema."""
