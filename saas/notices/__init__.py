"""Messages to people: what was said to whom, in which words, over which channel, and whether it arrived."""
