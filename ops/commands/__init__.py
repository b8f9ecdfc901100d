"""The commands of `anju`, one module each, loaded when called: `anju up` starts without the product's imports."""
