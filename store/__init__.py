"""The ground floor: what is acknowledged is durable.

``open_store(url)`` gives a ``Store``: a journal of event streams with leases and cursors, documents that
change by compare-and-set, SQLAlchemy tables, and the outbox for foreign systems; all of it written through
one ``commit`` that is atomic and grouped with its neighbours. ``MemoryStore`` is the fake with fault
injection that tests and the simulator use; one contract suite holds for all.
"""
