"""Payment gateways, one folder each, written as plugins against plugins.api."""
