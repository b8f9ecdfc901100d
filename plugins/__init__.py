"""The contract between the product and its extensions, and the host that calls them."""
