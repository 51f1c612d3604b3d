"""The inbox over HTTP: pages for people and a JSON API for the command line, behind the kommune's own login."""
