"""The plugin host: the contract between the product and its extensions."""
