"""What tests stand on: a clock to step, throw-away databases, certificates and servers."""
