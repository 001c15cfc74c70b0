"""What the product runs on: its folder, database, broker and web server, and the processes that `up` starts."""
