"""What runs inside a project's own process: its settings, its migrations, its Django. Nothing of stitchback is imported here.

The code keeps to what Python 3.8 understands, the oldest that a supported Django runs on.
"""
