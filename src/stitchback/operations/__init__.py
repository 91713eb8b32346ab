"""Django's operations: what each is, and what some of them do together."""
