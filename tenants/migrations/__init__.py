"""Schema history that belongs to the kernel."""
