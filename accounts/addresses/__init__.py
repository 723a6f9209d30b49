"""E-mail addresses: proving that one has one, when signing up, forgetting a password, moving on."""
