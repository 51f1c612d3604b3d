"""Sending a melding as a case system does: seal here, submit, and believe only what is proven."""
