"""What the Django app knows: the system checks, and what the running project answers."""
