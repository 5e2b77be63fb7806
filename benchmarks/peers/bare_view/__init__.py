"""The least a DRF project can do.

A view that authenticates, inserts a row and answers. No queue.
"""
