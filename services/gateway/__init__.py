"""The only HTTP face: pages for people, the native API for case systems. It decides and keeps nothing."""
