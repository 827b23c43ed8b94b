"""What is left when mcpwatch is killed, ended, or cannot write, and what a very long run costs."""
