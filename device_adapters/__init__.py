"""Door, meter, pump, camera and sensor adapters, one folder each, written as plugins against plugins.api."""
