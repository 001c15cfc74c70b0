"""Items in: what people bring is checked whole before anything of it is stored."""
