"""`python -m mcpwatch` is the command line."""

from mcpwatch.cli import main

if __name__ == "__main__":
    main()
