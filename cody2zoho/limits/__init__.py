"""What all workers together may ask of Cody and Zoho, and who may do what alone."""
