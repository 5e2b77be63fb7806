"""The least a view of an admin can do.

Django checks the session and the account, and the view answers an empty object.
"""
