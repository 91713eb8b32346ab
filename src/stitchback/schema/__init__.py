"""The symbolic schema: states, atoms, and what a database would hold. Nothing here imports Django."""
