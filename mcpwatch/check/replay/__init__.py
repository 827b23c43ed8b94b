"""The client half of a recording once more, to a live server.

`moves` is what the recorded client did, in order; `player` does it again; `answers` answers what the server asks as the
recording did; `carried` puts the values that this server has given in the place of those that the recorded one gave;
`baseline` says whether a recording is fit to be compared with, and `targets` what server it was made with. What is
different then is told by `check.diff`, which compares the new recording with the old one.
"""
