"""Between a real client and a real server: bytes go on as they are, and copies of them become events.

`stdio.py` owns a child on three pipes; nothing here knows a recording, a screen or an option.
"""
