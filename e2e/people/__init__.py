"""A story; its README says which."""
