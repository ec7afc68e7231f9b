"""The journal: what a process logs survives its death, and reaches the store once.

``writer`` (append), ``shipper`` (bring to a store), ``recovery`` (what dead processes left). The fast road for one metric,
for the public edge, is in :mod:`runstone.journal.writer`.
"""
