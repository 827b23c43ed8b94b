"""Takes calls and never answers one; everything else works."""

from _talk import log, say, serve

serve(lambda message: say(log("thinking")))
