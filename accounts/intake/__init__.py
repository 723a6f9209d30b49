"""People and organisations from another system: read, compared with what is stored, written."""
