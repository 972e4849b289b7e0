"""What is known of a conversation and its case, told to a person."""
