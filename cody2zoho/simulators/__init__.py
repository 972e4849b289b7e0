"""Stand-ins for Cody and Zoho: one process, one port, real HTTP.

They import nothing of the product, so that they cannot share its misunderstandings.
"""
