"""What each landed version says on the wire, kept so that later versions can be held against it."""
