"""The built-in classifier: trained offline, weights shipped as data, pure Python at run time."""
