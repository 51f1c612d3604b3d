"""gRPC between the services: mutual TLS, who may call, deadlines, errors, limits."""
