"""What crosses the line between product and plugin: frozen dataclasses only, one module a family."""
