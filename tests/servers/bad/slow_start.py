"""Takes 1.5 s, or as many milliseconds as argv says, before it reads or says anything."""

import select

from _talk import argument, serve

select.select([], [], [], argument(1500) / 1000)
serve()
