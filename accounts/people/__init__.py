"""The people of an organisation: inviting them, and deciding what each of them may do."""
