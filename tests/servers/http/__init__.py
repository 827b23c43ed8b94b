"""HTTP servers for the tests, on loopback sockets: `raw` does what it is told, byte for byte; `real` is the SDK's."""
