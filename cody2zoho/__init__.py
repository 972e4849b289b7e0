"""Every conversation of a Cody chatbot becomes exactly one Zoho CRM Case."""

__version__ = "0.1.0"
