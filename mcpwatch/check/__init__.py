"""Scripts that hold a server to what it should do: read, played, judged, drafted from a recording, kept up to date."""
