"""The stores of an organisation: where they are, and when they are open."""
