"""What is under way: a bar for each progress token, what waits and for how long, and what has just ended."""
