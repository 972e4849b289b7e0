"""The proof that every conversation becomes exactly one case, whatever breaks: `cody2zoho prove`.

A run starts an installation of its own (`stage`), lets conversations arrive (`load`) and breaks things by a plan that
follows from a seed (`plan`, `nemesis`, the `…_faults`). Then it heals everything, waits, and compares (`invariants`)
what the simulated Cody and Zoho hold: the truth lies with them (`far_end`), never in our own books.
"""
