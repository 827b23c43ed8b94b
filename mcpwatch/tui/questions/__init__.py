"""Questions of the servers, put to the person at the screens: dialogs that can be postponed."""
