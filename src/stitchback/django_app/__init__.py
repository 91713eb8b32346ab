"""The Django app: `manage.py stitchback` and the system checks. What Django imports at start-up imports nothing else of the package."""
