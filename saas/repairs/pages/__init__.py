"""Pages of repairs: the resident's phone, the technician's phone, the front desk."""
