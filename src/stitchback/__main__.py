"""`python -m stitchback`."""

from stitchback.cli import main

if __name__ == "__main__":
    main()
