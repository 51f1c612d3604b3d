"""Which kommune and bydel exists, which barnevernstjeneste serves it, how it is reached and with which keys."""
