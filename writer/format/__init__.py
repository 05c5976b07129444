"""The format of event files, once, for the writer and the board: records and the messages in them."""
