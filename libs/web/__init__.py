"""What every page of ours shares: response headers, static files, templates, the server around a Litestar app."""
