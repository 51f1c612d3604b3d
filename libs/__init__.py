"""What the services share; no module here knows a service."""
