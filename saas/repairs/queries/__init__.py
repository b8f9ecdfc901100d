"""Reading repair orders: Core statements in, frozen dataclasses out, filtered by what the actor may see."""
