"""What is kept about people: telling them, and erasing it."""
