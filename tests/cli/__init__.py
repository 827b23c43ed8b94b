"""The command line as its users have it: processes, their streams, their exit codes, what they leave behind."""
